package pixel

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// disc is an antialiased disc of a colour on a ground, with a hole of the ground's colour in it.
func disc(side int, c, ground color.RGBA, noise int) (img *image.RGBA, opacity *Mask) {
	r := rand.New(rand.NewPCG(1, 2))
	img, opacity = image.NewRGBA(image.Rect(0, 0, side, side)), image.NewGray(image.Rect(0, 0, side, side))
	mid := float64(side) / 2
	for y := range side {
		for x := range side {
			d := math.Hypot(float64(x)+0.5-mid, float64(y)+0.5-mid)
			a := min(max(0.35*float64(side)-d+0.5, 0), 1) * min(max(d-0.1*float64(side)+0.5, 0), 1)
			mix := func(f, b uint8) uint8 {
				v := a*float64(f) + (1-a)*float64(b)
				if noise > 0 {
					v += float64(r.IntN(2*noise+1) - noise)
				}
				return uint8(min(max(math.Round(v), 0), 255))
			}
			img.SetRGBA(x, y, color.RGBA{mix(c.R, ground.R), mix(c.G, ground.G), mix(c.B, ground.B), 255})
			opacity.Pix[y*side+x] = uint8(math.Round(a * 255))
		}
	}
	return
}

// A thing on a plain ground comes off it without a rim, whatever it is laid on; what it encloses stays.
func TestRemoveGround(t *testing.T) {
	red := color.RGBA{220, 30, 40, 255}
	for name, c := range map[string]struct {
		ground color.RGBA
		noise  int
	}{"white": {color.RGBA{255, 255, 255, 255}, 0}, "green": {color.RGBA{20, 200, 60, 255}, 0}, "grey with noise": {color.RGBA{128, 128, 128, 255}, 6}} {
		img, opacity := disc(96, red, c.ground, c.noise)
		got, err := RemoveGround(img)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.RGBAAt(48, 48).A != 255 || got.RGBAAt(1, 1).A != 0 {
			t.Errorf("%s: the enclosed ground is %v, the corner %v", name, got.RGBAAt(48, 48), got.RGBAAt(1, 1))
		}
		for _, on := range []uint8{0, 255} {
			worst := 0.0
			for y := range 96 {
				for x := range 96 {
					if math.Hypot(float64(x)-47.5, float64(y)-47.5) < 20 {
						continue // the hole
					}
					p, a := got.RGBAAt(x, y), float64(opacity.Pix[y*96+x])/255
					for k, v := range []uint8{p.R, p.G, p.B} {
						want := a*float64([]uint8{red.R, red.G, red.B}[k]) + (1-a)*float64(on)
						worst = max(worst, math.Abs(float64(v)+(1-float64(p.A)/255)*float64(on)-want))
					}
				}
			}
			if limit := float64(12 + 4*c.noise); worst > limit {
				t.Errorf("%s, laid on %d: %.0f of 255 off", name, on, worst)
			}
		}
	}
	busy := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range busy.Pix {
		busy.Pix[i] = uint8(i * 37)
	}
	for i := 3; i < len(busy.Pix); i += 4 {
		busy.Pix[i] = 255
	}
	if _, err := RemoveGround(busy); err == nil {
		t.Error("a ground that is not plain is removed")
	}
}

// A soft mask leaves no rim of the ground either.
func TestCutTo(t *testing.T) {
	img, opacity := disc(96, color.RGBA{220, 30, 40, 255}, color.RGBA{255, 255, 255, 255}, 0)
	got := CutTo(img, opacity)
	for i := range opacity.Pix {
		p := got.Pix[4*i : 4*i+4]
		if p[3] != opacity.Pix[i] {
			t.Fatalf("opacity %d for %d", p[3], opacity.Pix[i])
		}
		if a := int(p[3]); a > 20 && (int(p[1])*255/a > 60 || int(p[0])*255/a < 200) {
			t.Fatalf("pixel %d: %v is not the thing's red", i, p)
		}
	}
}
