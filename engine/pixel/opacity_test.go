package pixel

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"
)

// drawing is a disc of a colour with a soft rim and a hole, with straight alpha, side px a side.
func drawing(side int, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			d := math.Hypot(float64(x)-float64(side)/2, float64(y)-float64(side)/2)
			a := min(max(float64(side)*0.4-d, 0), 3) / 3 * min(max(d-float64(side)*0.1, 0), 2) / 2
			img.SetNRGBA(x, y, color.NRGBA{c.R, c.G, c.B, uint8(255 * a)})
		}
	}
	return img
}

func laid(img image.Image, ground color.Color) *image.RGBA {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}

// What a decoder gives of a drawing, colours on white and opacity, is cut out without a rim: laid on any ground it is the drawing
// laid there by its own alpha.
func TestFromOpacityLeavesNoFringe(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 6 {
		const side = 40
		own := drawing(side, color.NRGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255})
		on := laid(own, color.White)
		v := make([]float32, 4*side*side)
		ToTensor(on, v)
		for i := range side * side {
			v[3*side*side+i] = float32(own.Pix[4*i+3])/127.5 - 1
		}
		cut := FromOpacity(v, side, side)
		for _, ground := range []color.Color{color.White, color.Black, color.NRGBA{220, 30, 40, 255}, color.NRGBA{30, 80, 200, 255}} {
			got, want := laid(cut, ground), laid(own, ground)
			worst, sum, rim := 0, 0, 0
			for i := range got.Pix {
				if a := own.Pix[i/4*4+3]; a == 0 || a == 255 {
					if d := int(got.Pix[i]) - int(want.Pix[i]); d < -1 || d > 1 {
						t.Fatalf("ground %v: inside or outside differs by %d", ground, d)
					}
					continue
				}
				d := int(got.Pix[i]) - int(want.Pix[i])
				worst, sum, rim = max(worst, d, -d), sum+max(d, -d), rim+1
			}
			if rim == 0 || worst > 3 || float64(sum)/float64(rim) > 1 {
				t.Errorf("on %v the rim differs by up to %d, %d over %d values", ground, worst, sum, rim)
			}
		}
	}
}

// What a network says beyond -1..1, and colours that no drawing on white has, still give a valid premultiplied picture.
func TestFromOpacityIsPremultiplied(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	v := make([]float32, 4*64)
	for i := range v {
		v[i] = float32(rng.NormFloat64() * 2)
	}
	img := FromOpacity(v, 8, 8)
	for i := 0; i < len(img.Pix); i += 4 {
		if a := img.Pix[i+3]; max(img.Pix[i], img.Pix[i+1], img.Pix[i+2]) > a {
			t.Fatalf("pixel %d: colour above its alpha: %v", i/4, img.Pix[i:i+4])
		}
	}
}

// A cut-out top leaves what the mask keeps byte for byte, and what it lets through is as transparent as the top.
func TestBlendOfCutOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	under, mask := image.NewRGBA(image.Rect(0, 0, 40, 40)), image.NewGray(image.Rect(0, 0, 40, 40))
	for i := 0; i < len(under.Pix); i += 4 {
		a := uint8(rng.IntN(256))
		for c := range 3 {
			under.Pix[i+c] = uint8(rng.IntN(int(a) + 1))
		}
		under.Pix[i+3] = a
		mask.Pix[i/4] = []uint8{0, 0, 255, 255, uint8(rng.IntN(256))}[rng.IntN(5)]
	}
	top := laid(drawing(40, color.NRGBA{200, 40, 90, 255}), color.Transparent)
	out := Blend(under, top, mask)
	for i, m := range mask.Pix {
		got, was, new := [4]uint8(out.Pix[4*i:]), [4]uint8(under.Pix[4*i:]), [4]uint8(top.Pix[4*i:])
		want := (float64(was[3])*(255-float64(m)) + float64(new[3])*float64(m)) / 255
		switch {
		case m == 0 && got != was, m == 255 && got != new:
			t.Fatalf("mask %d: %v of %v and %v", m, got, was, new)
		case was[3] != 0 && math.Abs(float64(got[3])-want) > 1, max(got[0], got[1], got[2]) > got[3]:
			t.Fatalf("mask %d: alpha of %v is to be %.1f", m, got, want)
		}
	}
}

// Faint opacity away from a drawing, as decoders leave it in corners, is ground; at a soft edge it stays, and so does a shadow.
func TestFromOpacityClearsWhatIsFaint(t *testing.T) {
	const side = 48
	rng := rand.New(rand.NewPCG(7, 1))
	own := drawing(side, color.NRGBA{200, 40, 60, 255}) // within 0.4 of the side of the middle
	clean, hazy := make([]float32, 4*side*side), make([]float32, 4*side*side)
	ToTensor(laid(own, color.White), clean)
	for i := range side * side {
		clean[3*side*side+i] = float32(own.Pix[4*i+3])/127.5 - 1
	}
	copy(hazy, clean)
	for i := range side * side {
		d := math.Hypot(float64(i%side)-side/2, float64(i/side)-side/2)
		if d > side*0.4+reach+1 {
			hazy[3*side*side+i] = float32(rng.IntN(faint+1))/127.5 - 1
		}
	}
	hazy[3*side*side] = faint/127.5 - 1
	got, want := FromOpacity(hazy, side, side), FromOpacity(clean, side, side)
	soft := 0
	for i := range side * side {
		if got.Pix[4*i+3] != want.Pix[4*i+3] || got.Pix[4*i] != want.Pix[4*i] {
			t.Fatalf("pixel %d, %d: %v, want %v", i%side, i/side, got.Pix[4*i:4*i+4], want.Pix[4*i:4*i+4])
		}
		if a := own.Pix[4*i+3]; a != got.Pix[4*i+3] {
			t.Fatalf("the drawing's own opacity %d became %d", a, got.Pix[4*i+3])
		} else if a > 0 && a <= faint {
			soft++
		}
	}
	if soft == 0 {
		t.Error("the drawing has no soft edge to try")
	}
	shadow := make([]float32, 4*side*side) // from clear to a third over the width
	for i := range side * side {
		shadow[3*side*side+i] = float32(i%side)*2/(3*side) - 1
	}
	img := FromOpacity(shadow, side, side)
	for x := 1; x < side; x++ {
		if a, before := img.RGBAAt(x, 5).A, img.RGBAAt(x-1, 5).A; a < before || a > faint && int(a)-int(before) > 3 && before > 0 {
			t.Errorf("the shadow goes from %d to %d at %d", before, a, x)
		}
	}
	if a := img.RGBAAt(side-1, 5).A; a < 80 {
		t.Errorf("the shadow ends at %d", a)
	}
}
