package layers

import (
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

func pixels(r *rand.Rand, rect image.Rectangle) *plane.Plane {
	img := image.NewNRGBA(rect)
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
		if i%4 == 3 && r.IntN(2) == 0 {
			img.Pix[i] = uint8(255 * r.IntN(2))
		}
	}
	return plane.Of(img, rect.Min)
}

func stackOf(t *testing.T, r *rand.Rand) *Stack {
	t.Helper()
	s := &Stack{Layers: []Layer{{ID: 1, Name: "Ground", Opacity: 1, Pixels: pixels(r, image.Rect(0, 0, 330, 270))}}, Active: 1, Last: 1}
	var err error
	add := func(above int64, l Layer) int64 {
		if s, err = s.Added(above, l); err != nil {
			t.Fatal(err)
		}
		return s.Active
	}
	add(1, Layer{Name: "Shade", Opacity: 0.7, Mode: composite.Multiply, Pixels: pixels(r, image.Rect(20, 30, 300, 200))})
	g := add(0, Layer{Name: "Things", Group: true, Opacity: 0.5, Mode: composite.Screen})
	add(g, Layer{Name: "a", Opacity: 1, Pixels: pixels(r, image.Rect(-20, -30, 100, 260))})
	add(g, Layer{Name: "b", Opacity: 0.9, Mode: composite.Difference, Pixels: pixels(r, image.Rect(60, 100, 320, 260))})
	p := add(0, Layer{Name: "Plain", Group: true, Opacity: 1})
	add(p, Layer{Name: "c", Opacity: 0.4, Mode: composite.Overlay, Pixels: pixels(r, image.Rect(200, 0, 330, 270))})
	add(0, Layer{Name: "Cut", Opacity: 1, Mode: composite.DestinationIn, Pixels: pixels(r, image.Rect(5, 5, 325, 265))})
	add(0, Layer{Name: "Not seen", Hidden: true, Opacity: 1, Pixels: pixels(r, image.Rect(0, 0, 330, 270))})
	return s
}

// slowly composes a pixel of a stack one layer after another without tiles.
func slowly(list []Layer, under []float32, x, y int) {
	for _, l := range list {
		switch {
		case l.Hidden:
		case l.Group && (l.Opacity != 1 || l.Mode != composite.Normal):
			inner := make([]float32, 4)
			slowly(l.Layers, inner, x, y)
			composite.Group(under, inner, l.Mode, l.Opacity)
		case l.Group:
			slowly(l.Layers, under, x, y)
		default:
			c := l.Pixels.At(x, y)
			composite.Row(under, []uint8{c.R, c.G, c.B, c.A}, l.Mode, l.Opacity)
		}
	}
}

// A stack drawn tile by tile is each of its pixels composed alone.
func TestDraw(t *testing.T) {
	s := stackOf(t, rand.New(rand.NewPCG(5, 1)))
	size := image.Rect(0, 0, 330, 270)
	got := s.Picture(size)
	want := make([]uint8, 4)
	for y := range 270 {
		for x := range 330 {
			under := make([]float32, 4)
			slowly(s.Layers, under, x, y)
			composite.Premultiplied(want, under)
			if string(got.Pix[got.PixOffset(x, y):][:4]) != string(want) {
				t.Fatalf("%d,%d is %v, not %v", x, y, got.RGBAAt(x, y), want)
			}
		}
	}
	// A part drawn into a picture is that part of the whole, and leaves the rest.
	part := image.NewRGBA(size)
	r := image.Rect(100, 90, 290, 261)
	s.Draw(part, r)
	for y := range 270 {
		for x := range 330 {
			want := color.RGBA{}
			if image.Pt(x, y).In(r) {
				want = got.RGBAAt(x, y)
			}
			if part.RGBAAt(x, y) != want {
				t.Fatalf("the part: %d,%d is %v, not %v", x, y, part.RGBAAt(x, y), want)
			}
		}
	}
}

func far(a, b *image.RGBA) (d int) {
	for i, v := range a.Pix {
		d = max(d, int(math.Abs(float64(v)-float64(b.Pix[i]))))
	}
	return d
}

// Flattened, merged and ungrouped, a stack looks as it did.
func TestMerging(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	s := stackOf(t, r)
	size := image.Rect(-30, -30, 340, 280)
	was := s.Picture(size)
	if d := far(was, flattened(t, s).Picture(size)); d > 1 {
		t.Errorf("flattened it is %d away", d)
	}
	for _, l := range s.Layers {
		if !l.Group {
			continue
		}
		one, err := s.GroupMerged(l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := far(was, one.Picture(size)); d > 1 && l.Name == "Things" {
			t.Errorf("with %s as one layer it is %d away", l.Name, d)
		}
		if apart, err := s.Ungrouped(l.ID); err != nil || l.Name == "Plain" && far(was, apart.Picture(size)) > 0 {
			t.Errorf("without the group %s: %v", l.Name, err)
		}
	}
	down, err := s.MergedDown(s.Layers[1].ID)
	if err != nil || len(down.Layers) != len(s.Layers)-1 || down.Active != 1 {
		t.Fatal(err)
	}
	if d := far(was, down.Picture(size)); d > 1 {
		t.Errorf("merged down it is %d away", d)
	}
	if _, err := s.MergedDown(1); !errors.Is(err, ErrBelow) {
		t.Error(err)
	}
	locked, _ := s.Changed(1, func(l *Layer) { l.Locked = true })
	if _, err := locked.MergedDown(s.Layers[1].ID); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if _, err := locked.Painted(1, nil); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if d := far(was, s.Picture(size)); d > 0 {
		t.Error("the stack itself changed")
	}
}

// Layers go up and down, into groups and out of them, and every layer stays there once.
func TestArranging(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	s := stackOf(t, r)
	names := func(s *Stack) map[string]int {
		out := map[string]int{}
		for _, l := range s.flat() {
			out[l.Name]++
		}
		return out
	}
	all := names(s)
	ids := []int64{}
	for _, l := range s.flat() {
		ids = append(ids, l.ID)
	}
	for range 2000 {
		id := ids[r.IntN(len(ids))]
		var next *Stack
		var err error
		if r.IntN(2) == 0 {
			next, err = s.Raised(id, []int{-1, 1}[r.IntN(2)])
		} else {
			group := int64(0)
			if r.IntN(2) == 0 {
				group = s.Layers[r.IntN(len(s.Layers))].ID
			}
			next, err = s.Moved(id, group, r.IntN(10)-2)
		}
		if err == nil {
			s = next
		}
		now := names(s)
		if len(now) != len(all) {
			t.Fatalf("%v became %v", all, now)
		}
		for _, l := range s.Layers {
			for _, c := range l.Layers {
				if c.Group {
					t.Fatal("a group in a group")
				}
			}
		}
	}
	s = stackOf(t, r)
	for i := 0; ; i++ {
		if i > 20 {
			t.Fatal("a layer never gets to the top")
		}
		next, err := s.Raised(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if next == s {
			break
		}
		s = next
	}
	if s.Layers[len(s.Layers)-1].ID != 1 {
		t.Error("raised to the end it is not on top")
	}
}

func TestAddingAndRemoving(t *testing.T) {
	s := Of("Picture", image.NewNRGBA(image.Rect(0, 0, 9, 9)))
	if _, err := s.Removed(1); !errors.Is(err, ErrLast) {
		t.Error(err)
	}
	two, _ := s.Duplicated(1)
	if len(two.Layers) != 2 || two.Layers[1].Name != "Picture 2" || two.Active != two.Layers[1].ID || two.Active == 1 {
		t.Errorf("%+v", two)
	}
	three, _ := two.Duplicated(two.Active)
	if three.Layers[2].Name != "Picture 3" {
		t.Error(three.Layers[2].Name)
	}
	grouped, err := three.Grouped(three.Active, "Group")
	if err != nil || len(grouped.Layers) != 3 || grouped.GroupOf(three.Active) == 0 {
		t.Fatal(err)
	}
	if _, err := grouped.Grouped(three.Active, "Group"); !errors.Is(err, ErrNested) {
		t.Error(err)
	}
	one, err := grouped.Removed(three.Active)
	if l, _ := one.Layer(one.Active); err != nil || !l.Group {
		t.Error("in an emptied group the group is chosen", err)
	}
	full := s
	for full.Count() < Most {
		full, _ = full.Added(0, Layer{Name: "x"})
	}
	if _, err := full.Added(0, Layer{Name: "x"}); !errors.Is(err, ErrMany) {
		t.Error(err)
	}
}

// What differs between two stacks lies within Differs: there drawn again, the picture is the other's.
func TestDiffers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	s := stackOf(t, r)
	size := image.Rect(0, 0, 330, 270)
	changes := []func(*Stack) *Stack{
		func(s *Stack) *Stack {
			l, _ := s.Layer(1)
			e := l.Pixels.Edit()
			e.Put(image.NewUniform(color.NRGBA{9, 9, 9, 255}), image.Rect(300, 260, 310, 268))
			out, _ := s.Painted(1, e.Done())
			return out
		},
		func(s *Stack) *Stack {
			out, _ := s.Changed(s.Layers[1].ID, func(l *Layer) { l.Mode = composite.Plus })
			return out
		},
		func(s *Stack) *Stack {
			out, _ := s.Changed(s.Layers[len(s.Layers)-2].ID, func(l *Layer) { l.Hidden = true })
			return out
		},
		func(s *Stack) *Stack { out, _ := s.Raised(1, 1); return out },
		func(s *Stack) *Stack { return s.Shifted(image.Pt(31, -20), size) },
		func(s *Stack) *Stack { out, _ := s.Removed(s.Layers[2].ID); return out },
	}
	for i, change := range changes {
		next := change(s)
		d := Differs(s, next)
		got := s.Picture(size)
		next.Draw(got, d)
		if n := far(got, next.Picture(size)); n > 0 || far(s.Picture(size), next.Picture(size)) == 0 {
			t.Errorf("change %d: within %v drawn anew, it is %d away", i, d, n)
		}
		if i == 0 && d.Dx()*d.Dy() != plane.Side*plane.Side {
			t.Errorf("a small change touches %v", d)
		}
		if i == 0 && next.Bytes(s) != 4*plane.Side*plane.Side {
			t.Errorf("a small change costs %d bytes", next.Bytes(s))
		}
	}
	if !Differs(s, s.copy()).Empty() {
		t.Error("a copy differs")
	}
}

func flattened(t *testing.T, s *Stack) *Stack {
	t.Helper()
	one, err := s.Flattened("all")
	if err != nil {
		t.Fatal(err)
	}
	return one
}
