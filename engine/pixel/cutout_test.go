package pixel

import (
	"image"
	"testing"
)

// The colours of what is half transparent stay premultiplied: none is above its opacity.
func TestMatchOfTransparent(t *testing.T) {
	base, made := image.NewRGBA(image.Rect(0, 0, 32, 32)), image.NewRGBA(image.Rect(0, 0, 32, 32))
	m := Rectangle(base.Rect, image.Rect(16, 0, 32, 32))
	for i := range 32 * 32 {
		copy(base.Pix[4*i:], []uint8{200, 100, 50, 255})
		copy(made.Pix[4*i:], []uint8{100, 100, 100, 255})
		if i%32 > 24 {
			copy(made.Pix[4*i:], []uint8{20, 20, 20, 40})
		}
		if i%32 > 28 {
			copy(made.Pix[4*i:], []uint8{0, 0, 0, 0})
		}
	}
	out := Match(made, base, m)
	if at := out.RGBAAt(18, 5); at.R < 150 {
		t.Fatalf("nothing was matched: %v", at)
	}
	for i := 0; i < len(out.Pix); i += 4 {
		if p := out.Pix[i : i+4]; max(p[0], p[1], p[2]) > p[3] {
			t.Fatalf("pixel %d is %v", i/4, p)
		}
	}
}

// Over what was cut out the top fades to nothing; over what is missing it counts whole.
func TestBlendCutOut(t *testing.T) {
	under, top, alpha := image.NewRGBA(image.Rect(0, 0, 256, 1)), image.NewRGBA(image.Rect(0, 0, 256, 1)), image.NewGray(image.Rect(0, 0, 256, 1))
	for x := range 256 {
		copy(top.Pix[4*x:], []uint8{200, 100, 50, 255})
		alpha.Pix[x] = uint8(x)
	}
	cut, missing := BlendCutOut(under, top, alpha), Blend(under, top, alpha)
	for x := 1; x < 256; x++ {
		if p := cut.RGBAAt(x, 0); int(p.A) != x || int(p.R) > x || p.R < p.G {
			t.Fatalf("at %d of 255 it is %v", x, p)
		}
		if p := missing.RGBAAt(x, 0); p != top.RGBAAt(x, 0) {
			t.Fatalf("over what is missing, at %d of 255, it is %v", x, p)
		}
	}
}
