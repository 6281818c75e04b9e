package canvas

import (
	"image"
	"image/color"
	"testing"
)

// The dashes lie along the selection's edge alone, light and dark by turns, and march: after a whole period they are where they were.
func TestDashes(t *testing.T) {
	sel := image.NewGray(image.Rect(0, 0, 60, 40))
	inner := image.Rect(10, 8, 45, 30)
	for y := inner.Min.Y; y < inner.Max.Y; y++ {
		for x := inner.Min.X; x < inner.Max.X; x++ {
			sel.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	drawn := func(phase int) *image.RGBA {
		out := image.NewRGBA(sel.Rect)
		if !dashes(out, sel, sel.Rect, phase, 4) {
			t.Fatal("no edge was found")
		}
		return out
	}
	first := drawn(0)
	light, dark := 0, 0
	for y := range 40 {
		for x := range 60 {
			p := image.Pt(x, y)
			onEdge := p.In(inner.Inset(-1)) && !p.In(inner.Inset(1))
			switch c := first.RGBAAt(x, y); {
			case c == edgeIn:
				light++
			case c == edgeOut:
				dark++
			case onEdge && !(p.In(inner.Inset(-1)) && !p.In(inner) && (x < inner.Min.X || x >= inner.Max.X) && (y < inner.Min.Y || y >= inner.Max.Y)):
				t.Fatalf("the edge has no dash at %v", p)
			}
			if !onEdge && first.RGBAAt(x, y).A != 0 {
				t.Fatalf("a dash at %v, beside the edge", p)
			}
		}
	}
	if light < 60 || dark < 60 {
		t.Errorf("%d light and %d dark pixels", light, dark)
	}
	if string(drawn(1).Pix) == string(first.Pix) || string(drawn(8).Pix) != string(first.Pix) {
		t.Error("they do not march")
	}
	if far := image.NewRGBA(image.Rect(15, 12, 40, 25)); dashes(far, sel, sel.Rect, 0, 4) {
		t.Error("there is an edge in the middle")
	}
}
