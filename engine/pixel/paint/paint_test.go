package paint

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/plane"
)

func noise(r *rand.Rand, w, h int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range out.Pix {
		out.Pix[i] = uint8(r.IntN(256))
		if i%4 == 3 && r.IntN(3) == 0 {
			out.Pix[i] = uint8(255 * r.IntN(2))
		}
	}
	return out
}

// slowly lays ink over a pixel as the formula of "over" says, in doubles.
func slowly(k Ink, was color.NRGBA, cover, limit float64, x, y int) [4]float64 {
	v := func(c color.NRGBA) [4]float64 {
		return [4]float64{float64(c.R), float64(c.G), float64(c.B), float64(c.A) / 255}
	}
	b := v(was)
	a := cover * limit * float64(k.Opacity)
	if k.Erase {
		if !k.LockAlpha {
			b[3] *= 1 - a
		}
		b[3] *= 255
		return b
	}
	s := v(k.Source.At(x, y))
	a *= s[3]
	out := [4]float64{b[0], b[1], b[2], a + b[3]*(1-a)}
	for c := range 3 {
		switch {
		case k.LockAlpha:
			out[c], out[3] = b[c]*(1-a)+s[c]*a, b[3]
		case out[3] > 0:
			out[c] = (s[c]*a + b[c]*b[3]*(1-a)) / out[3]
		}
	}
	out[3] *= 255
	return out
}

// Ink is the formula, for colours, erasers, locked opacity and selections, over whatever was there.
func TestInkIsItsFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 1))
	const w, h = 300, 280
	size := image.Rect(0, 0, w, h)
	for n := range 24 {
		was := noise(r, w, h)
		p := plane.Of(was, image.Point{})
		cover, limit := image.NewGray(size), image.NewGray(size)
		r1 := func(m *image.Gray) {
			for i := range m.Pix {
				m.Pix[i] = []uint8{0, 255, uint8(r.IntN(256))}[r.IntN(3)]
			}
		}
		r1(cover)
		r1(limit)
		k := Ink{Source: Flat{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(128 + r.IntN(128))}, Opacity: []float32{1, 0.37}[n/2%2], Erase: n&1 == 1, LockAlpha: n&4 > 0}
		if n&8 > 0 {
			k.Within = limit
		}
		if n > 15 {
			k.Source = Gradient{From: color.NRGBA{200, 20, 9, 255}, To: color.NRGBA{3, 60, 250, 100}, X0: 10, Y0: 30, X1: 200, Y1: 150, Radial: n > 20}
		}
		e := p.Edit()
		k.Lay(e, cover, size)
		k.Lay(e, cover, size) // once more is as once
		got := e.Done()
		for y := range h {
			for x := range w {
				l := 1.0
				if k.Within != nil {
					l = float64(limit.GrayAt(x, y).Y) / 255
				}
				want := slowly(k, was.NRGBAAt(x, y), float64(cover.GrayAt(x, y).Y)/255, l, x, y)
				g := got.At(x, y)
				for c, v := range [4]uint8{g.R, g.G, g.B, g.A} {
					if g.A == 0 && c < 3 {
						continue // no colour is seen
					}
					if math.Abs(float64(v)-want[c]) > 0.51 {
						t.Fatalf("%d: at %d,%d channel %d is %d, not %.2f (was %v)", n, x, y, c, v, want[c], was.NRGBAAt(x, y))
					}
				}
			}
		}
	}
}

// A stroke does not depend on how many points it is given by, nor on when it is laid.
func TestStrokeWithoutSpacing(t *testing.T) {
	bounds := image.Rect(-40, 0, 400, 300)
	pen := Pen{Size: 31, Softness: 0.6}
	few := pen.Line(bounds, [2]float32{-10, 20}, [2]float32{350, 260})
	var many [][2]float32
	for i := range 361 {
		many = append(many, [2]float32{-10 + float32(i), 20 + float32(i)*240/360})
	}
	dense := pen.Line(bounds, many...)
	for i := range few.Pix {
		if d := int(few.Pix[i]) - int(dense.Pix[i]); d > 2 || d < -2 {
			t.Fatalf("pixel %d: %d with two points, %d with many", i, few.Pix[i], dense.Pix[i])
		}
	}
	ink := Ink{Source: Flat{200, 100, 50, 255}, Opacity: 0.5}
	once := (*plane.Plane)(nil).Edit()
	ink.Lay(once, dense, bounds)
	parts := (*plane.Plane)(nil).Edit()
	grown := image.NewGray(bounds)
	for i := 0; i+40 <= len(many); i += 40 {
		part := pen.Line(bounds, many[i:min(i+41, len(many))]...)
		for j, v := range part.Pix {
			grown.Pix[j] = max(grown.Pix[j], v)
		}
		ink.Lay(parts, grown, bounds)
	}
	if a, b := once.Done().Picture(bounds), parts.Done().Picture(bounds); string(a.Pix) != string(b.Pix) {
		t.Error("a stroke laid in parts is another one")
	}
}

func TestShapes(t *testing.T) {
	bounds := image.Rect(10, 20, 210, 170)
	r := image.Rect(40, 50, 161, 141)
	a, b, cx, cy := float64(r.Dx())/2, float64(r.Dy())/2, float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2
	oval, border := Ellipse.Filled(bounds, r), Ellipse.Outline(bounds, r, Pen{Size: 6})
	square := Rectangle.Outline(bounds, r, Pen{Size: 6})
	area := 0.0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			dx, dy := (float64(x)+0.5-cx)/a, (float64(y)+0.5-cy)/b
			q := math.Hypot(dx, dy)
			area += float64(oval.GrayAt(x, y).Y) / 255
			if v := oval.GrayAt(x, y).Y; q < 0.97 && v != 255 || q > 1.03 && v != 0 {
				t.Fatalf("the ellipse at %d,%d (%.2f) is %d", x, y, q, v)
			}
			if v := border.GrayAt(x, y).Y; math.Abs(q-1) < 0.02 && v != 255 || q > 1.1 && v != 0 || q < 0.9 && v != 0 {
				t.Fatalf("the ellipse's border at %d,%d (%.2f) is %d", x, y, q, v)
			}
		}
	}
	if want := math.Pi * a * b; math.Abs(area-want) > want/200 {
		t.Errorf("the ellipse is %.0f px large, not %.0f", area, want)
	}
	if square.GrayAt(40, 60).Y != 255 || square.GrayAt(36, 60).Y != 0 || square.GrayAt(100, 100).Y != 0 {
		t.Error("the rectangle's border")
	}
}

func TestText(t *testing.T) {
	text := Text{Font: "Go", Data: goregular.TTF, Size: 40, Text: "Ink\nöf"}
	b, err := text.Bounds()
	if err != nil || b.Dx() < 30 || b.Dy() < 60 || b.Min.Y > -25 {
		t.Fatal(b, err)
	}
	cover, err := text.Coverage(image.Rect(0, 0, 200, 200), 20, 60)
	if err != nil {
		t.Fatal(err)
	}
	if got := pixel.Bounds(cover); !got.In(b.Add(image.Pt(20, 60))) || got.Dx() < b.Dx()-3 || got.Dy() < b.Dy()-3 {
		t.Errorf("painted %v, foretold %v", got, b.Add(image.Pt(20, 60)))
	}
	text.Text = "山 and \U0001F600"
	if _, err := text.Coverage(image.Rect(0, 0, 9, 9), 0, 0); fault.Of(err) != fault.Settings {
		t.Errorf("letters that the font lacks: %v", err)
	}
	text.Text, text.Data = "a", []byte("no font")
	if _, err := text.Bounds(); fault.Of(err) != fault.Settings {
		t.Errorf("no font: %v", err)
	}
	text.Data, text.Size = goregular.TTF, math.NaN()
	if _, err := text.Bounds(); fault.Of(err) != fault.Settings {
		t.Errorf("no size: %v", err)
	}
}

// The palette names the colours that a picture is made of, however few pixels one has.
func TestPalette(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 100, 100))
	colors := []color.RGBA{{20, 60, 180, 255}, {240, 220, 40, 255}, {30, 140, 50, 255}, {200, 30, 30, 255}}
	for i := range 10000 {
		c := colors[0]
		switch {
		case i >= 9900:
			c = colors[3]
		case i >= 9000:
			c = colors[2]
		case i >= 6000:
			c = colors[1]
		}
		img.SetRGBA(i%100, i/100, c)
	}
	got := Palette(img, 4)
	if len(got) != 4 {
		t.Fatal(got)
	}
	for i, c := range colors {
		if got[i] != (color.NRGBA(c)) {
			t.Errorf("colour %d is %v, not %v", i, got[i], c)
		}
	}
	if more := Palette(img, 12); len(more) != 4 {
		t.Errorf("%d colours of four", len(more))
	}
	if none := Palette(image.NewRGBA(image.Rect(0, 0, 5, 5)), 4); len(none) != 0 {
		t.Error("colours of nothing")
	}
}

func TestPick(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 4, 1))
	img.SetRGBA(0, 0, color.RGBA{100, 50, 0, 255})
	img.Set(1, 0, color.NRGBA{200, 50, 0, 128})
	if got := Pick(img, image.Pt(0, 0), 0); got != (color.NRGBA{100, 50, 0, 255}) {
		t.Error(got)
	}
	if got := Pick(img, image.Pt(1, 0), 0); got.A != 128 || got.R < 198 || got.R > 201 {
		t.Error(got)
	}
	if got := Pick(img, image.Pt(3, 0), 0); got.A != 0 {
		t.Error(got)
	}
	if got := Pick(img, image.Pt(9, 9), 2); got.A != 0 {
		t.Error("outside", got)
	}
}

// BenchmarkStroke is one move of the pen, 40 px on, with a brush of 64 px on a layer of 4096 px. Figures are taken on a quiet machine.
func BenchmarkStroke(b *testing.B) {
	bounds := image.Rect(0, 0, 4096, 4096)
	cover := image.NewGray(bounds)
	base := image.NewNRGBA(bounds)
	for i := range base.Pix {
		base.Pix[i] = 255
	}
	e := plane.Of(base, image.Point{}).Edit()
	ink := Ink{Source: Flat{200, 100, 50, 255}, Opacity: 0.8}
	t := pixel.Trail{Radius: 32, Softness: 0.5}
	x := float32(100)
	for b.Loop() {
		if x += 40; x > 4000 {
			x = 100
		}
		ink.Lay(e, cover, t.To(cover, x, 2000))
	}
}
