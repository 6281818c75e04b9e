package engine

import (
	"context"
	"image"
	"math"
	"slices"
	"testing"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/sample"
	"nirvana/engine/tensor"
)

// edgyNet predicts from each place and its neighbours, and sees nothing beyond an edge, as convolutions with zeros do.
func edgyNet() *fakeGraph {
	g := fakeNet()
	g.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		x := in["sample"]
		out := Zeros(x.Shape...)
		h, w := x.Shape[2], x.Shape[3]
		for p := range x.Shape[0] * x.Shape[1] {
			for i := range h * w {
				for _, d := range [][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}} {
					if y, c := i/w+d[0], i%w+d[1]; y >= 0 && y < h && c >= 0 && c < w {
						out.Data[p*h*w+i] += (x.Data[(p*h+y)*w+c] + 0.5) / 5
					}
				}
			}
		}
		return []Tensor{out}, nil
	}
	return g
}

func batch(t *testing.T, m *Model, r Request) (made []*image.RGBA) {
	t.Helper()
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures != nil {
			made = s.Pictures
		}
	}
	return made
}

// edges are how much brighter a batch's first and last rows or columns are than the middle ones.
func edges(all []*image.RGBA, rows bool) (sum float64) {
	for _, img := range all {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		for i, v := range img.Pix {
			at := i / 4 % w
			n := w
			if rows {
				at, n = i/4/w, h
			}
			switch at {
			case 0, n - 1:
				sum += float64(v)
			case n / 2, n/2 - 1:
				sum -= float64(v)
			}
		}
	}
	return sum / float64(len(all)*2*4*all[0].Rect.Dx())
}

// What a network makes of edges that it sees nothing beyond is nowhere in a seamless picture, in the directions asked for.
func TestTiling(t *testing.T) {
	m, err := fakePixelModel(edgyNet())
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Width: 16, Height: 16, Steps: 12, Guidance: 1, Seed: 5, Sampler: "DDIM"}
	for seed := range uint64(160) { // each rolled by its own distances
		r.Seeds = append(r.Seeds, seed)
	}
	plain := batch(t, m, r)
	x, y := edges(plain, false), edges(plain, true)
	if min(math.Abs(x), math.Abs(y)) < 6 {
		t.Fatalf("the network makes no edges to speak of: %g, %g", x, y)
	}
	for _, name := range []string{"x", "y", "both"} {
		q := r
		q.Tiling = name
		made := batch(t, m, q)
		want, _ := ParseTiling(name)
		for rows, seamless := range map[bool]bool{false: want.X, true: want.Y} {
			if e := math.Abs(edges(made, rows)); seamless != (e < 2) || !seamless && e < 6 {
				t.Errorf("%s: rows %v: edges differ from the middle by %g", name, rows, e)
			}
		}
		if again := batch(t, m, q); !slices.Equal(again[0].Pix, made[0].Pix) {
			t.Errorf("%s: a seed makes two pictures", name)
		}
	}
	q := r
	q.Tiling = "sideways"
	for _, err := range m.Generate(context.Background(), q) {
		if fault.Of(err) != fault.Settings {
			t.Error("an unknown tiling:", err)
		}
	}
}

// To a network that looks at one place at a time a rolled plane is the same.
func TestTilingOfAPointwiseNetworkChangesNothing(t *testing.T) {
	g := fakeNet()
	g.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		out := in["sample"].Clone()
		for i, v := range out.Data {
			out.Data[i] = 0.7*v - 0.1
		}
		return []Tensor{out}, nil
	}
	m, err := fakePixelModel(g)
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Width: 16, Height: 8, Steps: 5, Guidance: 3, Seed: 1, Count: 2}
	want := batch(t, m, r)[0]
	r.Tiling = "both"
	for i, v := range batch(t, m, r)[0].Pix {
		if d := int(v) - int(want.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("value %d is %d, was %d", i, v, want.Pix[i])
		}
	}
}

// The distance is each picture's seed's, stays while DeepCache takes over what lies where it lay, and is undone in every layout.
func TestRoll(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	at := func(q Request, eval int) roll {
		p, err := m.plan(q)
		if err != nil {
			t.Fatal(err)
		}
		return (&run{plan: p, state: &sample.State{Eval: eval}}).roll()
	}
	q := Request{Width: 16, Height: 16, Seed: 9, Shared: Shared{Tiling: "both"}, DeepCache: 3}
	for eval := range 9 {
		l := at(q, eval)
		if same := l.of(0) == at(q, eval/3*3).of(0); !same {
			t.Errorf("evaluation %d is rolled otherwise than the one whose inner layers it takes over", eval)
		}
		if eval%3 == 0 && l.of(0) == at(q, eval+3).of(0) {
			t.Errorf("evaluations %d and %d are rolled alike", eval, eval+3)
		}
	}
	two := q
	two.Seeds = []uint64{9, 8}
	if l := at(two, 0); l.of(0) != at(q, 0).of(0) || l.of(1) == l.of(0) || l.of(2) != l.of(0) {
		t.Error("of a batch each picture has its own seed's:", l)
	}
	if l := at(Request{Width: 16, Height: 16}, 0); l != nil {
		t.Error("rolled without being asked:", l)
	}
	for _, name := range []string{"x", "y"} {
		q.Tiling = name
		if d := at(q, 0).of(0); (d.X != 0) != (name == "x") || (d.Y != 0) != (name == "y") {
			t.Errorf("%s: %v", name, d)
		}
	}
	for _, layout := range []family.Layout{family.Planes{}, family.Packed{}} {
		m.traits.Layout = layout
		r := &run{plan: &plan{model: m, height: 6, width: 8}}
		plain := Zeros(2, 3, 6, 8)
		for i := range plain.Data {
			plain.Data[i] = float32(i)
		}
		x, l := layout.Pack(plain), roll{{X: 3, Y: 5}, {X: 1}}
		there := r.there(l, x)
		if got := layout.Unpack(there, 6, 8).Data[0]; got != plain.Data[5*8+3] {
			t.Errorf("%T: the corner is %g", layout, got)
		}
		if !slices.Equal(r.back(l, there).Data, x.Data) {
			t.Errorf("%T: rolled there and back it is another", layout)
		}
	}
}

// A ControlNet's picture is rolled with what it lies over, latent pixel by latent pixel.
func TestRolledControl(t *testing.T) {
	picture, x := Zeros(1, 1, 8, 12), Zeros(1, 1, 2, 3)
	for i := range picture.Data {
		picture.Data[i] = float32(i)
	}
	l := roll{{X: 2, Y: 1}}
	got := under(picture, x, place{roll: l}, 4)
	if want := tensor.Wrapped(picture, 4, 8, 8, 12); !slices.Equal(got.Data, want.Data) {
		t.Error(got.Data[:4])
	}
	window := under(picture, Zeros(1, 1, 1, 2), place{image.Pt(1, 1), l}, 4)
	if want := tensor.Wrapped(picture, 8, 12, 4, 8); !slices.Equal(window.Data, want.Data) {
		t.Error(window.Data[:4])
	}
}
