package project

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/project/kritatest"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

// smooth is a layer of colours that go over into each other, opaque or with a soft hole.
func smooth(seed uint64, r image.Rectangle, opaque bool) *plane.Plane {
	n := rand.New(rand.NewPCG(7, seed))
	img := image.NewNRGBA(r)
	k := [6]float64{}
	for i := range k {
		k[i] = 0.02 + 0.1*n.Float64()
	}
	v := func(a, b float64) uint8 { return uint8(127.5 + 127.4*math.Sin(a)*math.Cos(b)) }
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			fx, fy := float64(x), float64(y)
			c := color.NRGBA{v(fx*k[0], fy*k[1]), v(fx*k[2]+1, fy*k[3]), v(fx*k[4], fy*k[5]+2), 255}
			if !opaque {
				c.A = v(fx*k[3]+0.5, fy*k[0])
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return plane.Of(img, r.Min)
}

// many is a stack with every mode, whole and transparent layers, and both kinds of groups.
func many(mode composite.Mode) (*layers.Stack, image.Rectangle) {
	size := image.Rect(0, 0, 300, 200)
	s := &layers.Stack{Layers: []layers.Layer{{ID: 1, Name: "Ground", Opacity: 1, Pixels: smooth(1, size, true)},
		{ID: 2, Name: "Top <&>", Opacity: 0.75, Mode: mode, Pixels: smooth(2, image.Rect(-20, 30, 260, 220), false)},
		{ID: 3, Name: "Group", Opacity: 0.5, Group: true, Isolated: true, Layers: []layers.Layer{
			{ID: 4, Name: "In it", Opacity: 1, Pixels: smooth(3, image.Rect(100, 0, 290, 150), false)},
			{ID: 5, Name: "Not seen", Hidden: true, Locked: true, Opacity: 1, Pixels: smooth(4, size, true)},
			{ID: 6, Name: "Over it", Opacity: 0.9, Mode: mode, Pixels: smooth(5, image.Rect(120, 50, 300, 190), false)}}}},
		Active: 2, Last: 6}
	return s, size
}

// TestKritaShowsLayers has Krita, where it is installed, show a stack of every mode, and save it again: it looks as
// ours does, and each layer comes back with no channel different.
func TestKritaShowsLayers(t *testing.T) {
	kritatest.Need(t)
	for _, mode := range composite.Modes() {
		if mode >= composite.Plus {
			continue // Krita's addition does not add opacities, and the operations on the destination it reads as others of its own
		}
		t.Run(mode.String(), func(t *testing.T) {
			dir := t.TempDir()
			s, size := many(mode)
			f := &File{Width: size.Dx(), Height: size.Dy(), Merged: s.Picture(size), Entries: map[string][]byte{}}
			if err := f.Put(s, image.Point{}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "a.ora")
			if err := Write(disk.OS{}, path, f); err != nil {
				t.Fatal(err)
			}
			shown, err := pixel.Load(kritatest.Export(t, path, "out.png"))
			if err != nil {
				t.Fatal(err)
			}
			worst, apart := 0, 0
			for i, v := range shown.Pix {
				d := int(v) - int(f.Merged.Pix[i])
				worst = max(worst, d, -d)
				if d > 2 || d < -2 {
					apart++
				}
			}
			t.Logf("%v: at most %d of 255 away, %d of %d channels more than 2", mode, worst, apart, len(shown.Pix))
			if apart > len(shown.Pix)/200 {
				t.Errorf("Krita shows it up to %d of 255 away, %d channels more than 2", worst, apart)
			}
			if mode != composite.Multiply {
				return
			}
			back, err := Read(disk.OS{}, kritatest.Export(t, path, "out.ora"))
			if err != nil {
				t.Fatal(err)
			}
			sameLayers(t, back, f)
		})
	}
}

func sameLayers(t *testing.T, got, want *File) {
	t.Helper()
	if len(got.Layers) != len(want.Layers) {
		t.Fatalf("%d layers came back of %d", len(got.Layers), len(want.Layers))
	}
	r := image.Rect(0, 0, want.Width, want.Height) // Krita may cut what lies outside
	for i, w := range want.Layers {
		g := got.Layers[i]
		told := func(l Layer) string {
			group := ""
			if l.Within != nil {
				group = fmt.Sprintf("%s %.2f %v", l.Within.Name, l.Within.Opacity, l.Within.Hidden)
			}
			return fmt.Sprintf("%s %.2f %v %s (%s)", l.Name, l.Opacity, l.Hidden, l.Op, group)
		}
		if told(g) != told(w) {
			t.Errorf("layer %q came back as %q", told(w), told(g))
		}
		a, err := g.plane()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := w.plane()
		x, y := a.Picture(r), b.Picture(r)
		for j := range x.Pix {
			if x.Pix[j] != y.Pix[j] && y.Pix[j|3] != 0 {
				t.Errorf("layer %q: channel %d is %d, not %d", w.Name, j, x.Pix[j], y.Pix[j])
				break
			}
		}
	}
}

// A stack written and read again is the same, with groups, modes, places, locks and every straight channel.
func TestStackRoundTrip(t *testing.T) {
	for i, mode := range composite.Modes() {
		if testing.Short() && i%4 > 0 {
			continue
		}
		s, size := many(mode)
		f := &File{Width: size.Dx(), Height: size.Dy(), Merged: s.Picture(size), Entries: map[string][]byte{}}
		if err := f.Put(s, image.Point{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.ora")
		if err := Write(disk.OS{}, path, f); err != nil {
			t.Fatal(err)
		}
		back, err := Read(disk.OS{}, path)
		if err != nil {
			t.Fatal(err)
		}
		got, plain, err := back.Stack(func(Layer) bool { return false })
		if err != nil || !plain || len(got.Layers) != 3 || len(got.Layers[2].Layers) != 3 {
			t.Fatalf("%v: %v %v %+v", mode, plain, err, got)
		}
		same := func(a, b layers.Layer) {
			a.ID, b.ID = 0, 0
			pa, pb := a.Pixels, b.Pixels
			if fmt.Sprint(a.Name, a.Hidden, a.Locked, a.Opacity, a.Mode, a.Group, a.Isolated) != fmt.Sprint(b.Name, b.Hidden, b.Locked, b.Opacity, b.Mode, b.Group, b.Isolated) {
				t.Errorf("%v: %+v came back as %+v", mode, b, a)
			}
			r := pb.Bounds()
			if pa.Bounds() != r || string(pa.Picture(r).Pix) != string(pb.Picture(r).Pix) {
				t.Errorf("%v: layer %q has other pixels", mode, b.Name)
			}
		}
		for i := range s.Layers {
			same(got.Layers[i], s.Layers[i])
			for j := range s.Layers[i].Layers {
				same(got.Layers[i].Layers[j], s.Layers[i].Layers[j])
			}
		}
		if img := got.Picture(size); string(img.Pix) != string(f.Merged.Pix) {
			t.Errorf("%v: it looks different", mode)
		}
	}
}
