package pixel

import "image"

// KeepAlpha gives an enlarged picture the transparency of the one that it was made from. It does nothing where that
// is opaque.
func KeepAlpha(img, from *image.RGBA) {
	if from.Opaque() {
		return
	}
	alpha := Resize(from, img.Rect.Dx(), img.Rect.Dy())
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			i, a := img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y), alpha.Pix[alpha.PixOffset(x, y)+3]
			for k := range 3 {
				img.Pix[i+k] = min(img.Pix[i+k], a) // no colour above its alpha
			}
			img.Pix[i+3] = a
		}
	}
}
