package pixel

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// blots is a random mask of hard and grey shapes.
func blots(w, h int, seed uint64) *Mask {
	r := rand.New(rand.NewPCG(seed, 9))
	m := image.NewGray(image.Rect(0, 0, w, h))
	for range 4 {
		x, y, s := r.IntN(w), r.IntN(h), 1+r.IntN(max(w/3, 1))
		m = Either(m, Ellipse(m.Rect, image.Rect(x, y, x+s, y+s/2+1)))
	}
	return m
}

func speckled(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 3))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// The distance transform against trying every pair of pixels.
func TestDistanceIsExact(t *testing.T) {
	for seed := range uint64(20) {
		w, h := 5+int(seed), 24-int(seed)
		m := blots(w, h, seed)
		for _, inside := range []bool{true, false} {
			got := Distance(m, inside)
			for i, d := range got {
				best := math.Inf(1)
				for j, v := range m.Pix {
					if (v < 128) == inside {
						best = min(best, math.Hypot(float64(i%w-j%w), float64(i/w-j/w)))
					}
				}
				if math.IsInf(best, 1) {
					if d < 1e6 {
						t.Fatalf("%dx%d: nothing to be near to, yet distance %v", w, h, d)
					}
				} else if math.Abs(best-float64(d)) > 1e-4 {
					t.Fatalf("%dx%d inside %v: distance at %d,%d is %v, want %v", w, h, inside, i%w, i/w, d, best)
				}
			}
		}
	}
}

func TestGrowAndShrink(t *testing.T) {
	m := Rectangle(image.Rect(0, 0, 40, 40), image.Rect(15, 15, 25, 25))
	if b := Bounds(Grow(m, 3)); b != image.Rect(12, 12, 28, 28) {
		t.Error(b)
	}
	if b := Bounds(Grow(m, -3)); b != image.Rect(18, 18, 22, 22) {
		t.Error(b)
	}
	if g := Grow(m, 3); g.Pix[12*40+12] != 0 { // corners are round
		t.Error("a corner grew square")
	}
	if !Empty(Grow(m, -20), m.Rect) {
		t.Error("shrinking past the middle leaves something")
	}
}

func TestFeather(t *testing.T) {
	m := Rectangle(image.Rect(0, 0, 64, 64), image.Rect(0, 0, 32, 64))
	f := Feather(m, 8)
	last := uint8(255)
	for x := range 64 {
		v := f.Pix[32*64+x]
		if v > last {
			t.Fatalf("feathering rises at %d", x)
		}
		last = v
		if x < 24 && v != 255 || x >= 40 && v != 0 {
			t.Errorf("%d px from the edge the mask is %d", x-32, v)
		}
		if mirror := f.Pix[32*64+63-x]; int(v)+int(mirror) != 255 {
			t.Errorf("not symmetric at %d: %d and %d", x, v, mirror)
		}
	}
	fade := Fade(blots(50, 50, 4), 6)
	for i, v := range blots(50, 50, 4).Pix {
		if (v == 0) != (fade.Pix[i] == 0) || fade.Pix[i] > v {
			t.Fatalf("a mask of %d fades to %d", v, fade.Pix[i])
		}
	}
}

// Blending against the same in 64-bit floating point; where alpha is 0 or 255 to the byte.
func TestBlend(t *testing.T) {
	light := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	under, top, alpha := speckled(64, 64, 1), speckled(64, 64, 2), image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range alpha.Pix {
		alpha.Pix[i] = uint8(i * 7)
	}
	out := Blend(under, top, alpha)
	for i, a := range alpha.Pix {
		for c := range 3 {
			u, v, got := under.Pix[4*i+c], top.Pix[4*i+c], out.Pix[4*i+c]
			k := float64(a) / 255
			x := light(float64(u)/255)*(1-k) + light(float64(v)/255)*k
			if x <= 0.0031308 {
				x *= 12.92
			} else {
				x = 1.055*math.Pow(x, 1/2.4) - 0.055
			}
			if math.Abs(float64(got)-x*255) > 1 || a == 0 && got != u || a == 255 && got != v {
				t.Fatalf("%d and %d at alpha %d give %d, want %.2f", u, v, a, got, x*255)
			}
		}
	}
}

func TestPasteLeavesTheRest(t *testing.T) {
	for seed := range uint64(20) {
		base, made, m := speckled(48, 40, seed), speckled(48, 40, seed+50), blots(48, 40, seed)
		before := append([]uint8(nil), base.Pix...)
		for _, feather := range []int{0, 3, 20} {
			out := Blend(base, made, Fade(m, feather))
			for i, v := range m.Pix {
				if v == 0 && string(out.Pix[4*i:4*i+4]) != string(base.Pix[4*i:4*i+4]) {
					t.Fatalf("seed %d, feather %d: pixel %d outside of the mask changed", seed, feather, i)
				}
			}
		}
		if string(before) != string(base.Pix) {
			t.Fatal("the base was written to")
		}
	}
}

func TestPasteOntoNothing(t *testing.T) {
	base, made := image.NewRGBA(image.Rect(0, 0, 20, 20)), speckled(20, 20, 1)
	m := Rectangle(base.Rect, base.Rect)
	if out := Blend(base, made, Fade(m, 8)); string(out.Pix) != string(made.Pix) {
		t.Error("over transparency the made picture is all there is")
	}
}

func TestMatchTakesATintAway(t *testing.T) {
	base := speckled(80, 80, 5)
	for i := range base.Pix {
		if i%4 != 3 {
			base.Pix[i] = 60 + base.Pix[i]/4
		}
	}
	made := image.NewRGBA(base.Rect)
	for i, v := range base.Pix {
		made.Pix[i] = v
		if i%4 == 0 {
			made.Pix[i] = v + 12
		}
	}
	out := Match(made, base, Rectangle(base.Rect, image.Rect(20, 20, 60, 60)))
	for i := range out.Pix {
		if d := int(out.Pix[i]) - int(base.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("value %d is off by %d", i, d)
		}
	}
}

// A smooth picture has no seam; a patch of another tone has; blending lowers it.
func TestSeam(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 96, 96))
	for y := range 96 {
		for x := range 96 {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 2), uint8(y * 2), uint8(x + y), 255})
		}
	}
	m := Ellipse(img.Rect, image.Rect(20, 20, 76, 76))
	if s := Seam(img, nil, m); s > 1.05 {
		t.Errorf("the undisturbed picture has a seam of %.2f", s)
	}
	other := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		other.Pix[i] = min(v+20*uint8(min(1, 3-i%4)), 255)
	}
	hard, soft := Seam(Blend(img, other, Fade(m, 0)), nil, m), Seam(Blend(img, other, Fade(m, 12)), nil, m)
	if hard < 3 || soft > hard/2 {
		t.Errorf("hard edge %.2f, faded %.2f", hard, soft)
	}
	edge := Blend(img, other, Fade(m, 0))
	if s := Seam(edge, img, m); s < 3 {
		t.Errorf("a patch that the picture before had not has a seam of %.2f", s)
	}
	if s := Seam(edge, edge, m); s > 1 {
		t.Errorf("an edge that was there before counts as a seam of %.2f", s)
	}
	if s := Seam(img, nil, image.NewGray(img.Rect)); s != 0 {
		t.Errorf("without a boundary there is a seam of %v", s)
	}
}

// Flood against the plainest flood there is.
func TestFlood(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		w, h := 1+r.IntN(30), 1+r.IntN(30)
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = uint8(r.IntN(3) * 20)
		}
		start, tolerance := image.Pt(r.IntN(w), r.IntN(h)), r.IntN(30)
		want := make([]uint8, w*h)
		var visit func(x, y int)
		visit = func(x, y int) {
			if !image.Pt(x, y).In(img.Rect) || want[y*w+x] != 0 {
				return
			}
			for c := range 4 {
				if d := int(img.Pix[4*(y*w+x)+c]) - int(img.Pix[4*(start.Y*w+start.X)+c]); d > tolerance || -d > tolerance {
					return
				}
			}
			want[y*w+x] = 255
			visit(x+1, y)
			visit(x-1, y)
			visit(x, y+1)
			visit(x, y-1)
		}
		visit(start.X, start.Y)
		if got := Flood(img, start, tolerance); string(got.Pix) != string(want) {
			t.Fatalf("seed %d: %dx%d from %v with tolerance %d differs", seed, w, h, start, tolerance)
		}
	}
	if !Empty(Flood(speckled(4, 4, 1), image.Pt(9, 9), 255), image.Rect(0, 0, 4, 4)) {
		t.Error("a flood from outside selects something")
	}
}

func TestShapesHaveTheirArea(t *testing.T) {
	b := image.Rect(0, 0, 100, 80)
	sum := func(m *Mask) (s float64) {
		for _, v := range m.Pix {
			s += float64(v) / 255
		}
		return s
	}
	for _, c := range []struct {
		name string
		m    *Mask
		want float64
	}{
		{"rectangle", Rectangle(b, image.Rect(10, 10, 30, 90)), 20 * 70},
		{"ellipse", Ellipse(b, image.Rect(10, 10, 70, 50)), math.Pi * 30 * 20},
		{"triangle", Polygon(b, [][2]float32{{10, 10}, {60.5, 10}, {10, 70}}), 50.5 * 60 / 2},
		{"partly outside", Polygon(b, [][2]float32{{-20, -20}, {30, -20}, {30, 20}, {-20, 20}}), 30 * 20},
	} {
		if got := sum(c.m); math.Abs(got-c.want) > c.want*0.01 {
			t.Errorf("%s covers %.1f px, want %.1f", c.name, got, c.want)
		}
	}
	if got := sum(Ellipse(image.Rect(0, 0, 0, 0), b)); got != 0 {
		t.Error(got)
	}
}

// A stroke is the limit of ever closer dabs, in any number of pieces, never darker where it crosses itself.
func TestTrail(t *testing.T) {
	b := image.Rect(0, 0, 80, 60)
	for _, brush := range []Trail{{Radius: 6}, {Radius: 9.5, Softness: 1}, {Radius: 0.5}, {Radius: 7, Softness: 0.4}} {
		line, pieces, dabs := image.NewGray(b), image.NewGray(b), image.NewGray(b)
		one, many := brush, brush
		one.To(line, 12, 15)
		one.To(line, 66, 41)
		for i := range 28 {
			k := float32(i) / 27
			many.To(pieces, 12+54*k, 15+26*k)
		}
		many.To(pieces, 12, 15) // and back over itself
		for i := range 2001 {
			k := float32(i) / 2000
			dab := brush
			dab.To(dabs, 12+54*k, 15+26*k)
		}
		for i := range line.Pix {
			if d := int(line.Pix[i]) - int(pieces.Pix[i]); d < -1 || d > 1 {
				t.Fatalf("%+v: in pieces %d, at once %d", brush, pieces.Pix[i], line.Pix[i])
			}
			if d := int(line.Pix[i]) - int(dabs.Pix[i]); d < -1 || d > 3 {
				t.Fatalf("%+v: of dabs %d, at once %d", brush, dabs.Pix[i], line.Pix[i])
			}
		}
	}
}

// A stroke that gets thinner, or wider, is the limit of ever closer dabs between its two widths.
func TestTrailTapers(t *testing.T) {
	b := image.Rect(0, 0, 80, 60)
	for _, c := range []struct {
		brush    Trail
		from, to float32 // how much thinner
		x, y     float32 // where to
	}{{Trail{Radius: 9}, 0, 0.8, 66, 41}, {Trail{Radius: 9}, 0.7, 0, 66, 41}, {Trail{Radius: 12}, 0, 0.9, 20, 18}, {Trail{Radius: 12}, 0.9, 0, 20, 18}, {Trail{Radius: 10, Softness: 0.5}, 0.1, 0.6, 60, 15}} {
		line, dabs := image.NewGray(b), image.NewGray(b)
		one := c.brush
		one.Thin = c.from
		one.To(line, 14, 15)
		one.Thin = c.to
		one.To(line, c.x, c.y)
		for i := range 3001 {
			k := float32(i) / 3000
			dab := c.brush
			dab.Thin = c.from + (c.to-c.from)*k
			dab.To(dabs, 14+(c.x-14)*k, 15+(c.y-15)*k)
		}
		most := 4
		if c.brush.Softness > 0 { // the softer rim of the wider dab reaches farther
			most = 12
		}
		for i := range line.Pix {
			if d := int(line.Pix[i]) - int(dabs.Pix[i]); d < -most || d > most {
				t.Fatalf("%+v, pixel %d,%d: of dabs %d, at once %d", c, i%80, i/80, dabs.Pix[i], line.Pix[i])
			}
		}
	}
}

// To tells the truth of what it changed.
func TestTrailReach(t *testing.T) {
	layer := image.NewGray(image.Rect(0, 0, 90, 90))
	r := rand.New(rand.NewPCG(1, 1))
	brush := Trail{Radius: 8, Softness: 0.5}
	for range 40 {
		x, y := r.Float32()*120-15, r.Float32()*120-15
		before := append([]uint8(nil), layer.Pix...)
		dirty := brush.To(layer, x, y)
		for i, v := range layer.Pix {
			if v != before[i] && !image.Pt(i%90, i/90).In(dirty) {
				t.Fatalf("pixel %d,%d changed outside of %v", i%90, i/90, dirty)
			}
		}
	}
}

func TestMaskCrop(t *testing.T) {
	for _, c := range []struct {
		mask          image.Rectangle
		width, height int
		padding       int
		want          image.Rectangle
	}{
		{image.Rect(40, 40, 60, 60), 64, 64, 10, image.Rect(30, 30, 70, 70)},
		{image.Rect(40, 40, 80, 60), 64, 64, 0, image.Rect(40, 30, 80, 70)},
		{image.Rect(0, 0, 10, 40), 64, 64, 0, image.Rect(0, 0, 40, 40)},
		{image.Rect(90, 10, 100, 50), 64, 64, 0, image.Rect(60, 10, 100, 50)},
		{image.Rect(0, 0, 0, 0), 64, 64, 8, image.Rect(0, 0, 100, 80)},
		{image.Rect(0, 0, 100, 80), 64, 64, 8, image.Rect(0, 0, 100, 80)},
	} {
		m := Rectangle(image.Rect(0, 0, 100, 80), c.mask)
		if got := MaskCrop(m, c.width, c.height, c.padding); got != c.want {
			t.Errorf("mask %v, padding %d: %v, want %v", c.mask, c.padding, got, c.want)
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	m := blots(1024, 1024, 1)
	for b.Loop() {
		Distance(m, true)
	}
}

func ExampleFlood() {
	img := image.NewRGBA(image.Rect(0, 0, 3, 1))
	img.SetRGBA(2, 0, color.RGBA{200, 0, 0, 255})
	fmt.Println(Flood(img, image.Pt(0, 0), 10).Pix)
	// Output: [255 255 0]
}
