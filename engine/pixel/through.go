package pixel

import "image"

// Through is a picture with a mask of its size as its alpha: straight colours, opaque where the mask is 255.
func Through(img *image.RGBA, alpha *Mask) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i, v := range alpha.Pix {
		to := out.Pix[4*i : 4*i+4 : 4*i+4]
		unmultiply(to, img.Pix[4*i:4*i+4:4*i+4])
		if to[3] = uint8((int(to[3])*int(v) + 127) / 255); v == 0 {
			clear(to)
		}
	}
	return out
}
