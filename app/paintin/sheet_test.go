package paintin

import (
	"image"
	"image/color"
	"testing"

	"nirvana/engine/pixel/paint"
)

func grey(size image.Point, v uint8) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: size})
	for i := range img.Pix {
		img.Pix[i] = v | map[bool]uint8{true: 255}[i%4 == 3]
	}
	return img
}

// A stroke is given to the engine alone, premultiplied, of the frame's size; it is seen over the step, as are those before it.
func TestSheet(t *testing.T) {
	frame := image.Rect(10, 20, 74, 84)
	s := Over(grey(image.Pt(8, 8), 100), frame)
	red := paint.Ink{Source: paint.Flat(color.NRGBA{255, 0, 0, 255}), Opacity: 0.5}
	at := s.Begin(red, paint.Pen{Size: 8}, 30, 40)
	if !at.In(image.Rect(24, 34, 38, 48)) || !s.Wet() {
		t.Fatalf("it changed %v", at)
	}
	s.To(50, 40)
	if c := s.Seen().RGBAAt(30, 20); c != (color.RGBA{178, 50, 50, 255}) {
		t.Errorf("over the step it looks like %v", c)
	}
	img := s.Take()
	if img == nil || img.Rect.Size() != frame.Size() || img.RGBAAt(30, 20) != (color.RGBA{128, 0, 0, 128}) || img.RGBAAt(30, 40) != (color.RGBA{}) || s.Wet() {
		t.Errorf("the engine is given %v and %v", img.RGBAAt(30, 20), img.RGBAAt(30, 40))
	}
	mask := image.NewGray(image.Rect(0, 0, 100, 100))
	for x := range 30 {
		mask.SetGray(x, 60, color.Gray{255})
	}
	blue := paint.Ink{Source: paint.Flat(color.NRGBA{0, 0, 255, 255}), Opacity: 1, Within: mask}
	cover := image.NewGray(image.Rect(0, 60, 200, 61)) // beyond the frame on both sides
	for i := range cover.Pix {
		cover.Pix[i] = 255
	}
	s.Cover(blue, cover)
	if img = s.Take(); img.RGBAAt(19, 40) != (color.RGBA{0, 0, 255, 255}) || img.RGBAAt(20, 40) != (color.RGBA{}) || img.RGBAAt(30, 20) != (color.RGBA{}) {
		t.Errorf("within the mask: %v, %v; the stroke before it is given again: %v", img.RGBAAt(19, 40), img.RGBAAt(20, 40), img.RGBAAt(30, 20))
	}
	if c := s.Seen().RGBAAt(30, 20); c.R < 170 {
		t.Errorf("the stroke before it is not seen any more: %v", c)
	}
	s.Cover(red, image.NewGray(cover.Rect))
	if s.Take() != nil {
		t.Error("nothing was painted")
	}
}
