package pixel

import (
	"fmt"
	"image"
	"image/draw"
)

// Source is a file's own pixels where premultiplied 8-bit colour cannot hold them: straight alpha, and 16 bits a
// channel. What has not been changed since is written to other files from it. It is never written to.
type Source struct {
	straight image.Image // *image.NRGBA or *image.NRGBA64
}

// sourceOf is nil where the picture says all.
func sourceOf(straight image.Image) *Source {
	if flat, ok := straight.(*image.NRGBA); ok && flat.Opaque() {
		return nil
	}
	return &Source{straight}
}

// Under gives a picture, in which the source's corner lies at a point, its straight pixels back: those of the source
// where the picture still is what that was read as, its own elsewhere. The result is an *image.NRGBA, an
// *image.NRGBA64 where the source has 16 bits, or the picture itself where none of the source is left or s is nil.
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

// Plane is the source as bytes, row by row: 4 a pixel, or 8 with the high byte of each channel first.
func (s *Source) Plane() (w, h, bytesPerPixel int, pix []byte) {
	size := s.straight.Bounds().Size()
	if deep, ok := s.straight.(*image.NRGBA64); ok {
		return size.X, size.Y, 8, deep.Pix
	}
	return size.X, size.Y, 4, s.straight.(*image.NRGBA).Pix
}

// SourceOf is a source of such bytes.
func SourceOf(w, h, bytesPerPixel int, pix []byte) (*Source, error) {
	if w <= 0 || h <= 0 || w > MaxPixels || h > MaxPixels/w || bytesPerPixel != 4 && bytesPerPixel != 8 || len(pix) != w*h*bytesPerPixel {
		return nil, fmt.Errorf("%d bytes are no picture of %d x %d pixels", len(pix), w, h)
	}
	if bytesPerPixel == 8 {
		return &Source{&image.NRGBA64{Pix: pix, Stride: 8 * w, Rect: image.Rect(0, 0, w, h)}}, nil
	}
	return &Source{&image.NRGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}}, nil
}
