package pixel

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

func onWhite(w, h int, things map[image.Rectangle]color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for r, c := range things {
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

var red = color.RGBA{220, 30, 30, 255}

func counted(m *Mask, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			n += int(m.GrayAt(x, y).Y / 255)
		}
	}
	return n
}

// A thing that touches the border and ends near it is found whole; one that goes on, and one that does not touch, is not.
func TestTouching(t *testing.T) {
	small, long, apart := image.Rect(80, 10, 100, 30), image.Rect(20, 50, 100, 60), image.Rect(75, 70, 90, 80)
	img := onWhite(160, 100, map[image.Rectangle]color.RGBA{small: red, long: red, apart: red})
	right := Rectangle(img.Rect, image.Rect(100, 0, 160, 100))
	got := Touching(img, right, 40)
	if n := counted(got, small); n != 400 || counted(got, got.Rect) != 400 {
		t.Errorf("%d px of the thing, %d in all", n, counted(got, got.Rect))
	}
	for y := range 100 { // no ground
		for x := range 160 {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 7), uint8(y * 5), uint8(x * y), 255})
		}
	}
	if n := counted(Touching(img, right, 40), right.Rect); n != 0 {
		t.Errorf("%d px of a picture without a ground", n)
	}
}

// What ends at the border though nothing goes on behind it is taken back and rounded; what goes on stays as it is.
func TestSevered(t *testing.T) {
	cut, across := image.Rect(104, 10, 150, 50), image.Rect(70, 60, 150, 90)
	img := onWhite(160, 100, map[image.Rectangle]color.RGBA{cut: red, across: red})
	m := Rectangle(img.Rect, image.Rect(100, 0, 160, 100))
	things, healed := Severed(img, m, 48)
	if things == nil || counted(things, cut) < 1500 || counted(things, across) != 0 {
		t.Fatal("the thing that was cut is not found, or one that goes on is")
	}
	white := color.RGBA{255, 255, 255, 255}
	if healed.RGBAAt(110, 30) != white || healed.RGBAAt(140, 30) != red || healed.RGBAAt(130, 11) != white || healed.RGBAAt(105, 75) != red || healed.RGBAAt(90, 75) != red {
		t.Error("it is not taken back and rounded")
	}
	if share := SeveredShare(img, m); share < 0.3 || share > 0.5 { // 40 of 100 px
		t.Errorf("it ends along %g of the edge", share)
	}
	if none, _ := Severed(onWhite(160, 100, map[image.Rectangle]color.RGBA{across: red}), m, 48); none != nil {
		t.Error("a thing that goes on is taken for one that was cut")
	}
}

// The end of a kept thing is found, also where the faint rim of another thing lies against it; a thing that goes on is none.
func TestEnds(t *testing.T) {
	kept := Rectangle(image.Rect(0, 0, 160, 120), image.Rect(0, 0, 160, 60))
	trunk, faint, crown, goesOn := image.Rect(40, 20, 60, 66), image.Rect(10, 66, 90, 69), image.Rect(10, 69, 90, 110), image.Rect(120, 20, 140, 110)
	img := onWhite(160, 120, map[image.Rectangle]color.RGBA{trunk: red, faint: {205, 215, 200, 255}, crown: {100, 160, 70, 255}, goesOn: red})
	got := Ends(img, kept, 12)
	tip := image.Rect(40, 60, 60, 66)
	if n := counted(got, tip); n != tip.Dx()*tip.Dy() || counted(got, got.Rect) != n {
		t.Errorf("%d px of the end, %d in all", n, counted(got, got.Rect))
	}
	if n := counted(Touching(img, kept, 12), got.Rect); n != 0 {
		t.Errorf("without telling the rim apart %d px end: this shows nothing", n)
	}
}
