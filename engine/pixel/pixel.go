// Package pixel is everything between picture files and tensors: decoding, resizing, masks, filling, pasting back.
// Pictures are *image.RGBA, tightly packed with their corner at 0,0; masks are *image.Gray of the picture's size, 255
// where it is repainted. Start with Load and Decode (decode.go), ToTensor and FromTensor (tensor.go), Resize
// (resize.go) and mask.go.
package pixel

import (
	"image"
	"image/draw"
)

// Mask is 255 where the picture is repainted and 0 where it is kept.
type Mask = image.Gray

// Packed is the picture as a tightly packed RGBA with its corner at 0,0; the picture itself where it is one.
func Packed(img image.Image) *image.RGBA {
	b := img.Bounds()
	if r, ok := img.(*image.RGBA); ok && r.Rect.Min == (image.Point{}) && r.Stride == 4*b.Dx() {
		return r
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	return out
}

// Crop copies a part of the picture. Parts outside of the picture are transparent.
func Crop(img *image.RGBA, at image.Rectangle) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
	draw.Draw(out, out.Rect, img, at.Min, draw.Src)
	return out
}

// CropMask copies a part of the mask; outside of the mask nothing is repainted.
func CropMask(m *Mask, at image.Rectangle) *Mask {
	out := image.NewGray(image.Rect(0, 0, at.Dx(), at.Dy()))
	both := at.Intersect(m.Rect)
	for y := both.Min.Y; y < both.Max.Y; y++ {
		to, from := out.PixOffset(both.Min.X-at.Min.X, y-at.Min.Y), m.PixOffset(both.Min.X, y)
		copy(out.Pix[to:to+both.Dx()], m.Pix[from:])
	}
	return out
}

// Flatten composes the picture over a background, for formats and models without transparency.
func Flatten(img *image.RGBA, background image.Image) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	draw.Draw(out, out.Rect, background, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Rect.Min, draw.Over)
	return out
}

// Gray is the picture's brightness as Pillow's mode L (ITU-R 601, rounded).
func Gray(img *image.RGBA) *image.Gray {
	out := image.NewGray(img.Rect)
	for i := range out.Pix {
		p := img.Pix[4*i:]
		out.Pix[i] = uint8((uint32(p[0])*19595 + uint32(p[1])*38470 + uint32(p[2])*7471 + 0x8000) >> 16)
	}
	return out
}
