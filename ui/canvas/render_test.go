package canvas

import (
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew; look at them afterwards")

var accent = color.NRGBA{64, 156, 255, 255}

// landscape is a picture with fine and coarse parts and a hole.
func landscape(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(128 * ((x/4 + y/4) & 1)), 255})
		}
	}
	draw.Draw(img, image.Rect(w/8, h/8, w/4, h/4), image.Transparent, image.Point{}, draw.Src)
	return img
}

func disc(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if dx, dy := x-w/2, y-h/2; dx*dx+dy*dy < w*h/16 {
				m.SetGray(x, y, color.Gray{uint8(255 - 2*min(x, 127))})
			}
		}
	}
	return m
}

func base() Scene {
	return Scene{Picture: landscape(96, 64), Frame: image.Rect(32, 16, 128, 80), Hot: true, Accent: accent,
		MaskColour: color.NRGBA{230, 60, 90, 255}, MaskOpacity: 0.45}
}

// through is a scene seen through a viewport.
func through(s *Scene, v Viewport, scale float64, size image.Point) *shot {
	var m mips
	var mask, lines maskMips
	var regions regionMips
	return &shot{Scene: s, view: v, scale: scale, size: size, picture: m.level(s.Picture, v.Zoom), before: m.level(s.Before, beforeZoom(s, v)),
		beside: s.Beside, mask: mask.level(s.Mask, v.Zoom), lines: lines.level(s.Lines, v.Zoom), regions: regions.level(s.Regions, v.Zoom)}
}

// shoot draws a whole scene.
func shoot(s Scene, v Viewport, scale float64, size image.Point) *image.RGBA {
	p := through(&s, v, scale, size)
	dst := image.NewRGBA(image.Rectangle{Max: size})
	fill(dst, dst.Rect, color.NRGBA{0, 0, 0, 255})
	for i := 3; i < len(dst.Pix); i += 4 {
		dst.Pix[i] = 255
	}
	p.draw(dst)
	return dst
}

var scenes = map[string]struct {
	change func(*Scene)
	view   Viewport
	scale  float64
}{
	"outpaint-150":  {func(s *Scene) {}, Viewport{1.5, 20, 30}, 1},
	"mask-200":      {func(s *Scene) { s.Mask = disc(96, 64) }, Viewport{2, 10, 10}, 1},
	"small-40":      {func(s *Scene) { s.Mask = disc(96, 64) }, Viewport{0.4, 80, 60}, 1},
	"light-scale-2": {func(s *Scene) { s.Light, s.Hot = true, true }, Viewport{1, 60, 40}, 2},
	"live":          {func(s *Scene) { s.Live, s.LiveAt = halved(halved(landscape(64, 64))), s.Frame }, Viewport{2, 0, 0}, 1},
	"divider": {func(s *Scene) {
		s.Before, s.BeforeAt, s.Divider = s.Picture, s.Picture.Rect, 0.4
		s.Picture = image.NewRGBA(image.Rect(0, 0, 128, 80))
		draw.Draw(s.Picture, s.Picture.Rect, image.NewUniform(color.RGBA{40, 160, 90, 255}), image.Point{}, draw.Src)
	}, Viewport{1.7, 12, 20}, 1},
	"repeated": {func(s *Scene) {
		s.RepeatX, s.RepeatY, s.Frame, s.Mask = true, true, s.Picture.Rect, disc(96, 64)
		s.Live, s.LiveAt = halved(halved(landscape(64, 64))), image.Rect(8, 8, 40, 56)
	}, Viewport{0.9, 80, 50}, 1},
	"repeated-across": {func(s *Scene) { s.RepeatX, s.Frame = true, image.Rect(-32, 0, 96, 64) }, Viewport{0.5, 120, 70}, 1},
	"grown-left":      {func(s *Scene) { s.At = image.Pt(-20, -10) }, Viewport{1, 50, 50}, 1},
	"lasso": {func(s *Scene) {
		s.Outline, s.Closed = [][2]float32{{10, 10}, {80, 20}, {60, 60}, {-4, 30}}, true
	}, Viewport{2, 24, 12}, 1},
}

// Goldens of the canvas's pixels: every layer, zooms of every kind of sampling.
func TestGoldens(t *testing.T) {
	for name, c := range scenes {
		s := base()
		c.change(&s)
		got := shoot(s, c.view, c.scale, image.Pt(260, 180))
		path := filepath.Join("testdata", name+".png")
		if *update {
			write(t, path, got)
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		want := image.NewRGBA(decoded.Bounds())
		draw.Draw(want, want.Rect, decoded, image.Point{}, draw.Src)
		if string(got.Pix) != string(want.Pix) {
			bad := filepath.Join(t.TempDir(), name+".png")
			write(t, bad, got)
			t.Errorf("%s differs from %s: run with -update and look at what changed", name, path)
		}
	}
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o755)
	f, err := os.Create(path)
	if err == nil {
		err = png.Encode(f, img)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Any part drawn alone is what the whole has there: what a stroke or a tile's border cuts out fits.
func TestPartsMakeTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	size := image.Pt(260, 180)
	for name, c := range scenes {
		s := base()
		c.change(&s)
		whole := shoot(s, c.view, c.scale, size)
		p := through(&s, c.view, c.scale, size)
		for range 60 {
			x, y := r.IntN(size.X), r.IntN(size.Y)
			part := image.Rect(x, y, x+1+r.IntN(size.X-x), y+1+r.IntN(size.Y-y))
			dst := image.NewRGBA(part)
			for i := 3; i < len(dst.Pix); i += 4 {
				dst.Pix[i] = 255
			}
			p.draw(dst)
			for y := part.Min.Y; y < part.Max.Y; y++ {
				for x := part.Min.X; x < part.Max.X; x++ {
					if dst.RGBAAt(x, y) != whole.RGBAAt(x, y) {
						t.Fatalf("%s, part %v: %d,%d is %v, in the whole %v", name, part, x, y, dst.RGBAAt(x, y), whole.RGBAAt(x, y))
					}
				}
			}
		}
	}
}

// The tint against the formula, pixel by pixel.
func TestOverlay(t *testing.T) {
	s := base()
	s.Frame, s.Mask = image.Rectangle{}, disc(96, 64)
	without := s
	without.Mask = nil
	v := Viewport{3, 5, 7}
	got, bare := shoot(s, v, 1, image.Pt(200, 150)), shoot(without, v, 1, image.Pt(200, 150))
	for y := range 150 {
		for x := range 200 {
			a := 0.0
			if mx, my := (x-5)/3, (y-7)/3; x >= 5 && y >= 7 {
				a = float64(s.Mask.GrayAt(mx, my).Y) / 255 * 0.45
			}
			if p := got.RGBAAt(x, y); p == edgeIn || p == edgeOut { // the outline: see TestMaskHasAnOutline
				continue
			}
			for c, tint := range []float64{230, 60, 90} {
				i := got.PixOffset(x, y) + c
				want := float64(bare.Pix[i])*(1-a) + tint*a
				if d := float64(got.Pix[i]) - want; d > 2 || d < -2 {
					t.Fatalf("%d,%d channel %d is %d, want %.1f", x, y, c, got.Pix[i], want)
				}
			}
		}
	}
}

// A clipped line has the pixels of the whole one.
func TestClip(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	at := func() float64 { return r.Float64()*300 - 100 }
	for range 500 {
		x0, y0, x1, y1 := at(), at(), at(), at()
		box := image.Rect(20, 30, 90, 80)
		from, to, ok := clip(x0, y0, x1, y1, box)
		for i := range 101 {
			k := float64(i) / 100
			x, y := x0+(x1-x0)*k, y0+(y1-y0)*k
			in := x > 20 && x < 90 && y > 30 && y < 80
			if in && (!ok || k < from-1e-9 || k > to+1e-9) {
				t.Fatalf("%v,%v is inside and cut off", x, y)
			}
		}
	}
}

// slope is a picture whose colours say where one is, in shares of its sides.
func slope(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * (2*x + 1) / (2 * w)), uint8(255 * (2*y + 1) / (2 * h)), 0, 255})
		}
	}
	return img
}

// Left of the divider lies the picture before, where the one after has the same places: also where that is larger, by any
// factor and anywhere on the canvas.
func TestDividerLiesOnEnlargements(t *testing.T) {
	size := image.Pt(300, 220)
	for _, factor := range []float64{1, 1.5, 2, 4} {
		for _, at := range []image.Point{{}, {-20, 12}} {
			for _, v := range []Viewport{{0.3, 40, 30}, {1, 7, 9}, {2.3, -60, -40}} {
				s := Scene{Picture: slope(int(90*factor), int(61*factor)), At: at, Accent: accent}
				after := shoot(s, v, 1, size)
				s.Before, s.BeforeAt, s.Divider = slope(90, 61), s.Picture.Rect.Add(at), 1.1
				before := shoot(s, v, 1, size)
				inside := v.ToScreen(s.BeforeAt).Inset(2).Intersect(after.Rect)
				if inside.Empty() {
					t.Fatal("nothing is seen")
				}
				for y := inside.Min.Y; y < inside.Max.Y; y++ {
					for x := inside.Min.X; x < inside.Max.X; x++ {
						a, b := after.RGBAAt(x, y), before.RGBAAt(x, y)
						if far(a.R, b.R) > 5 || far(a.G, b.G) > 5 {
							t.Fatalf("%g times at %v, %v: at %d, %d %v lies on %v", factor, at, v, x, y, b, a)
						}
					}
				}
			}
		}
	}
}

// Left of the divider is what was there before: nothing where a result goes past the picture's edge.
func TestDividerShowsNothingWhereThePictureGrew(t *testing.T) {
	s := Scene{Picture: slope(60, 40), Accent: accent, BeforeAt: image.Rect(0, 0, 30, 40), Divider: 1.1}
	s.Before = slope(30, 40)
	v := Viewport{2, 0, 0}
	shown := shoot(s, v, 1, image.Pt(120, 80))
	for _, p := range []image.Point{{70, 10}, {110, 70}} {
		if c := shown.RGBAAt(p.X, p.Y); c.R != c.G || c.G != c.B {
			t.Errorf("at %v is %v, and not the empty canvas", p, c)
		}
	}
	if c := shown.RGBAAt(20, 20); c.B != 0 || c.R == 0 {
		t.Errorf("the picture before is %v", c)
	}
}

func far(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
