package canvas

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

func randomView(r *rand.Rand) Viewport {
	zoom := MinZoom * math.Pow(MaxZoom/MinZoom, r.Float64())
	return Viewport{zoom, r.Float64()*4000 - 2000, r.Float64()*4000 - 2000}
}

// Zooming keeps the document's point under the pointer, and stays within 2 % and 6400 %.
func TestZoomToThePointer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		v := randomView(r)
		x, y := r.Float64()*1500, r.Float64()*900
		dx, dy := v.ToDocument(x, y)
		z := v.ZoomAt(math.Pow(2, r.Float64()*8-4), x, y)
		if z.Zoom < MinZoom || z.Zoom > MaxZoom {
			t.Fatalf("zoomed to %v", z.Zoom)
		}
		if ex, ey := z.ToDocument(x, y); math.Hypot(ex-dx, ey-dy)*z.Zoom > 1e-6 {
			t.Fatalf("%+v zoomed to %v: %v,%v is no longer under the pointer", v, z.Zoom, dx, dy)
		}
	}
	for _, end := range []float64{MinZoom, MaxZoom} {
		v := Viewport{Zoom: 1}
		for range 200 {
			v = v.ZoomAt(math.Pow(1.25, math.Copysign(1, end-1)), 300, 200)
		}
		if v.Zoom != end {
			t.Errorf("the end is %v, want %v", v.Zoom, end)
		}
	}
}

// At 100 % a picture pixel is a screen pixel, wherever the view was before.
func TestActualSizeIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 2000 {
		v := randomView(r).ZoomTo(1, r.Float64()*1500, r.Float64()*900)
		at := image.Rect(-300, -20, r.IntN(5000), r.IntN(5000))
		if s := v.ToScreen(at); s.Size() != at.Size() {
			t.Fatalf("%+v: %v is %v on the screen", v, at, s)
		}
		x, y := v.ToDocument(float64(v.ToScreen(at).Min.X), float64(v.ToScreen(at).Min.Y))
		if x != -300 || y != -20 {
			t.Fatalf("the corner is at %v,%v", x, y)
		}
	}
}

// Rectangles that share a border in the document share it on the screen, and
// moving the view by whole pixels moves all of them by as much.
func TestBordersMeet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 2000 {
		v := randomView(r)
		a := image.Rect(r.IntN(50), 0, 60+r.IntN(50), 40)
		b := image.Rect(a.Max.X, 0, a.Max.X+30, 40)
		if v.ToScreen(a).Max.X != v.ToScreen(b).Min.X {
			t.Fatalf("%+v: %v and %v are apart", v, v.ToScreen(a), v.ToScreen(b))
		}
		moved := Viewport{v.Zoom, v.X + 7, v.Y - 13}
		if got, want := moved.ToScreen(a), v.ToScreen(a).Add(image.Pt(7, -13)); got != want {
			t.Fatalf("%+v: panned to %v, want %v", v, got, want)
		}
	}
}

func TestFitted(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 1000 {
		area := image.Rect(0, 0, 1+r.IntN(9000), 1+r.IntN(9000)).Add(image.Pt(r.IntN(400)-200, r.IntN(400)-200))
		w, h := 200+r.IntN(3000), 160+r.IntN(2000)
		v := Fitted(area, w, h)
		s := v.ToScreen(area)
		if !s.In(image.Rect(0, 0, w, h)) && v.Zoom > MinZoom {
			t.Fatalf("%v in %dx%d is shown at %v", area, w, h, s)
		}
		if dx, dy := s.Min.X+s.Max.X-w, s.Min.Y+s.Max.Y-h; max(dx, -dx, dy, -dy) > 3 {
			t.Fatalf("%v in %dx%d is not in the middle: %v", area, w, h, s)
		}
	}
}

// What is fitted lies below what covers the top, and is where it would be without where that is free anyway.
func TestFittedBelow(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 1000 {
		area := image.Rect(0, 0, 1+r.IntN(9000), 1+r.IntN(9000)).Add(image.Pt(r.IntN(400)-200, r.IntN(400)-200))
		w, h, top := 200+r.IntN(3000), 260+r.IntN(2000), r.IntN(120)
		v := FittedBelow(area, w, h, top)
		s := v.ToScreen(area)
		if !s.In(image.Rect(0, top, w, h)) && v.Zoom > MinZoom {
			t.Fatalf("%v in %dx%d below %d is shown at %v", area, w, h, top, s)
		}
		if plain := Fitted(area, w, h); plain.ToScreen(area).Min.Y >= top && v != plain {
			t.Fatalf("%v in %dx%d below %d was moved for nothing", area, w, h, top)
		}
	}
}

// Something of the picture stays on the screen, and a view that shows enough is left alone.
func TestKept(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 2000 {
		v := randomView(r)
		area := image.Rect(0, 0, 1+r.IntN(3000), 1+r.IntN(3000))
		w, h := 200+r.IntN(2000), 160+r.IntN(1000)
		k := v.Kept(area, w, h)
		s := k.ToScreen(area).Intersect(image.Rect(0, 0, w, h))
		whole := v.ToScreen(area)
		if whole.Empty() {
			continue // smaller than half a pixel
		}
		if s.Dx() < min(whole.Dx(), 47) || s.Dy() < min(whole.Dy(), 47) {
			t.Fatalf("%v of %v is left on %dx%d", s, whole, w, h)
		}
		if k.Kept(area, w, h) != k && math.Abs(k.Kept(area, w, h).X-k.X) > 1 {
			t.Fatal("moved again")
		}
	}
}

// The opposite side of a pulled handle stays, and the frame never turns inside out.
func TestResized(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 3000 {
		f := image.Rect(0, 0, 1+r.IntN(300), 1+r.IntN(300)).Add(image.Pt(r.IntN(100), r.IntN(100)))
		handle := r.IntN(8)
		out := resized(f, handle, r.Float64()*800-400, r.Float64()*800-400, r.IntN(2) == 0, 8)
		if out.Empty() {
			t.Fatalf("handle %d makes %v of %v", handle, out, f)
		}
		h, was := Handles(image.Rect(0, 0, 2, 2))[handle], Handles(image.Rect(0, 0, 2, 2))[(handle+4)%8]
		fixed := func(side int, low, high, lowOut, highOut int) bool {
			switch side {
			case 0:
				return low == lowOut
			case 2:
				return high == highOut
			}
			return true
		}
		if !fixed(was.X, f.Min.X, f.Max.X, out.Min.X, out.Max.X) || h.X != 1 && h.Y != 1 && !fixed(was.Y, f.Min.Y, f.Max.Y, out.Min.Y, out.Max.Y) {
			t.Fatalf("handle %d makes %v of %v", handle, out, f)
		}
	}
}
