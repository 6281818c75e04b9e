package task

import (
	"image"
	"image/color"
	"testing"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = []uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	return img
}

// half is white from column x on.
func half(w, h, x int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		if i%w >= x {
			m.Pix[i] = 255
		}
	}
	return m
}

// Outside of what is made again the ground stays byte for byte; inside it is the result's.
func TestGround(t *testing.T) {
	red, blue := plain(64, 32, color.RGBA{200, 0, 0, 255}), plain(16, 8, color.RGBA{0, 0, 200, 255})
	usual := Ground{Feather: Feather}
	for _, c := range []struct {
		mode  Mode
		first int // column that is made again
	}{{Inpaint, 40}, {Outpaint, 40 - Overlap}, {ImageToImage, 0}} {
		base := red
		if c.mode == Outpaint {
			base = pixel.Crop(red, red.Rect)
			for i := range base.Pix {
				if i/4%64 >= 40 {
					base.Pix[i] = 0
				}
			}
		}
		g := Prepare(c.mode, base, half(64, 32, 40), half(64, 32, 40), Overlap, usual)
		whole, _, alpha := g.Lay(blue, base.Rect.Size())
		for x := range 64 {
			at := whole.RGBAAt(x, 16)
			if same := at == base.RGBAAt(x, 16); x < c.first && !same {
				t.Errorf("%v: column %d was touched: %v", c.mode, x, at)
			}
			if x == 63 && at != (color.RGBA{0, 0, 200, 255}) {
				t.Errorf("%v: column %d is %v", c.mode, x, at)
			}
		}
		if (alpha == nil) != (c.mode == ImageToImage) || !g.Init.Opaque() {
			t.Errorf("%v: alpha %v, filled %v", c.mode, alpha != nil, g.Init.Opaque())
		}
		q := engine.Request{Width: 32, Height: 16}
		g.Give(&q)
		if q.Init.Rect.Dx() != 32 || q.Mask != nil && q.Mask.Rect.Dy() != 16 {
			t.Errorf("%v: given %v", c.mode, q.Init.Rect)
		}
	}
}

func TestModes(t *testing.T) {
	for m := TextToImage; m <= Outpaint; m++ {
		if got, ok := ModeNamed(m.String()); !ok || got != m {
			t.Errorf("%v came back as %v", m, got)
		}
	}
	if _, ok := ModeNamed("upscale"); ok {
		t.Error("an upscale is none of the modes")
	}
}

// What a model has no use for is taken out, and what it has stays.
func TestApplyModelOptions(t *testing.T) {
	whole := engine.Request{ImageGuidance: 2, TrueGuidance: 3, AestheticScore: 7, OriginalSize: [2]int{1, 2}, CropTopLeft: [2]int{3, 4}}
	q := whole
	ApplyModelOptions(&q, engine.Facts{}, false)
	if q.ImageGuidance+q.TrueGuidance+q.AestheticScore != 0 || q.OriginalSize != [2]int{} || q.CropTopLeft != [2]int{} {
		t.Errorf("%+v", q)
	}
	q = whole
	ApplyModelOptions(&q, engine.Facts{PictureGuided: true, TrueGuided: true, Sizes: true}, true)
	if q.ImageGuidance != 2 || q.TrueGuidance != 3 || q.AestheticScore != 7 || q.OriginalSize != whole.OriginalSize || q.CropTopLeft != whole.CropTopLeft {
		t.Errorf("%+v", q)
	}
}

// A run of one step has one step, whatever it begins from.
func TestUsualStrengthLeavesAStep(t *testing.T) {
	for _, m := range []Mode{TextToImage, ImageToImage, Inpaint, Outpaint} {
		for steps := range 5 {
			s := UsualStrength(m, steps)
			if s <= 0 || s > 1 || steps > 0 && int(float32(steps)*s) < 1 {
				t.Errorf("%v in %d steps: %g", m, steps, s)
			}
		}
	}
}
