package pixel

import (
	"image"
	"image/draw"
)

// Source is a file's own pixels where premultiplied 8-bit colour would lose something: straight alpha, or 16 bits a
// channel. Unchanged pixels are written to other files from it. It is never written to.
type Source struct {
	straight image.Image // *image.NRGBA or *image.NRGBA64
	raw      *image.RGBA // its bytes
}

// sourceOf is nil where premultiplied 8-bit colour loses nothing.
func sourceOf(straight image.Image) *Source {
	size := straight.Bounds().Size()
	if deep, ok := straight.(*image.NRGBA64); ok {
		return &Source{straight, &image.RGBA{Pix: deep.Pix, Stride: deep.Stride, Rect: image.Rect(0, 0, 2*size.X, size.Y)}}
	}
	flat := straight.(*image.NRGBA)
	if flat.Opaque() {
		return nil
	}
	return &Source{straight, (*image.RGBA)(flat)}
}

// Under restores the straight pixels of a picture in which the source's corner is at a point: the source's where the
// picture is unchanged since it was read, its own elsewhere. The result is an *image.NRGBA, an *image.NRGBA64 where
// the source has 16 bits, or the picture itself where none of the source is left or s is nil.
func (s *Source) Under(img *image.RGBA, at image.Point) image.Image {
	if s == nil {
		return img
	}
	out := blankLike(s.straight, img.Rect)
	own := unmultiplied(img)
	draw.Draw(out.(draw.Image), out.Bounds(), own, image.Point{}, draw.Src)
	get, set, w, any := reader(s.straight), writer(out), s.straight.Bounds().Dx(), false
	var was [4]uint8
	both := s.straight.Bounds().Add(at).Intersect(img.Rect)
	for y := both.Min.Y; y < both.Max.Y; y++ {
		for x := both.Min.X; x < both.Max.X; x++ {
			p := get((y-at.Y)*w + x - at.X)
			multiply(was[:], p)
			if i := y*img.Rect.Dx() + x; was == [4]uint8(img.Pix[4*i:]) {
				set(i, p)
				any = true
			}
		}
	}
	if !any {
		return img
	}
	return out
}

// Raw is the source's bytes in the shape of a picture, to be stored: straight colours of 8 bits, or where it is deep
// of 16, high byte first, each pixel in two. Always the same pointer; nil for nil.
func (s *Source) Raw() (img *image.RGBA, deep bool) {
	if s == nil {
		return nil, false
	}
	_, deep = s.straight.(*image.NRGBA64)
	return s.raw, deep
}

// SourceOf is the source with bytes from Raw; nil for nil.
func SourceOf(raw *image.RGBA, deep bool) *Source {
	switch {
	case raw == nil || raw.Rect.Min != image.Point{} || len(raw.Pix) != 4*raw.Rect.Dx()*raw.Rect.Dy() || deep && raw.Rect.Dx()%2 != 0:
		return nil
	case deep:
		return &Source{&image.NRGBA64{Pix: raw.Pix, Stride: raw.Stride, Rect: image.Rect(0, 0, raw.Rect.Dx()/2, raw.Rect.Dy())}, raw}
	}
	return &Source{(*image.NRGBA)(raw), raw}
}
