package canvas

import (
	"image"
	"image/color"
	"testing"
)

// Regions are outlined all around, at every zoom, the chosen one's outline more clearly than the others'; nothing else of the
// picture changes, nor does the scene's picture itself.
func TestRegionsAreOutlined(t *testing.T) {
	half := image.NewGray(image.Rect(0, 0, 96, 64)) // the left half, up to three of the picture's borders
	for y := range 64 {
		for x := range 48 {
			half.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	s := base()
	s.Hot = false
	was := append([]uint8(nil), s.Picture.Pix...)
	far := func(a, b color.RGBA) int {
		return abs(int(a.R)-int(b.R)) + abs(int(a.G)-int(b.G)) + abs(int(a.B)-int(b.B))
	}
	for _, zoom := range []float64{0.3, 1, 1.7, 4} {
		v := Viewport{zoom, 20, 30}
		s.Regions = nil
		bare := shoot(s, v, 1, image.Pt(500, 400))
		at := v.ToScreen(image.Rect(0, 0, 48, 64))
		inner := at.Inset(4)
		var seen [2]int
		for i, chosen := range []bool{false, true} {
			s.Regions = []Region{{half, image.Rect(0, 0, 96, 64), chosen}}
			got := shoot(s, v, 1, image.Pt(500, 400))
			for y := range 400 {
				for x := range 500 {
					p, d := image.Pt(x, y), far(got.RGBAAt(x, y), bare.RGBAAt(x, y))
					if d > 0 && (!p.In(at.Inset(-2)) || p.In(inner)) {
						t.Fatalf("at %v %v changes, off the edge of %v", zoom, p, at)
					}
					seen[i] += d
				}
			}
			mid := image.Pt((at.Min.X+at.Max.X)/2, (at.Min.Y+at.Max.Y)/2)
			for _, p := range []image.Point{{at.Min.X, mid.Y}, {at.Max.X - 1, mid.Y}, {mid.X, at.Min.Y}, {mid.X, at.Max.Y - 1}} {
				near := 0 // an edge may lie between two pixels
				for _, q := range []image.Point{p, p.Add(image.Pt(1, 1)), p.Sub(image.Pt(1, 1))} {
					near += far(got.RGBAAt(q.X, q.Y), bare.RGBAAt(q.X, q.Y))
				}
				if near == 0 {
					t.Errorf("at %v the outline is missing at %v of %v", zoom, p, at)
				}
			}
		}
		if seen[0] == 0 || 3*seen[0] > 2*seen[1] {
			t.Errorf("at %v outlines change %d and, chosen, %d", zoom, seen[0], seen[1])
		}
	}
	if string(was) != string(s.Picture.Pix) {
		t.Error("the picture was written to")
	}
}
