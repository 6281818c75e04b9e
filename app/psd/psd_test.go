package psd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/project"
	"nirvana/app/project/kritatest"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/plane"
)

func smooth(seed float64, r image.Rectangle, opaque bool) *plane.Plane {
	img := image.NewNRGBA(r)
	v := func(a, b float64) uint8 { return uint8(127.5 + 127.4*math.Sin(a*seed)*math.Cos(b)) }
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			fx, fy := float64(x)/23, float64(y)/31
			c := color.NRGBA{v(fx, fy), v(fx+1, fy*2), v(fx*2, fy+2), 255}
			if !opaque {
				c.A = v(fy, fx)
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return plane.Of(img, r.Min)
}

func many(mode composite.Mode) (*layers.Stack, image.Rectangle) {
	size := image.Rect(0, 0, 300, 200)
	return &layers.Stack{Layers: []layers.Layer{{ID: 1, Name: "Ground", Opacity: 1, Pixels: smooth(1, size, true)},
		{ID: 2, Name: "Über 山", Opacity: 0.8, Mode: mode, LockAlpha: true, Pixels: smooth(2, image.Rect(-20, 30, 260, 220), false)},
		{ID: 3, Name: "Group", Opacity: 0.6, Group: true, Isolated: true, Layers: []layers.Layer{
			{ID: 4, Name: "In it", Opacity: 1, Pixels: smooth(3, image.Rect(100, 0, 290, 150), false)},
			{ID: 5, Name: "Not seen", Hidden: true, Locked: true, Opacity: 1, Pixels: smooth(4, size, true)}}},
		{ID: 6, Name: "Through", Opacity: 1, Group: true, Layers: []layers.Layer{{ID: 7, Name: "c", Opacity: 1, Mode: mode, Pixels: smooth(5, image.Rect(10, 10, 60, 60), false)}}},
		{ID: 8, Name: "Empty", Opacity: 1}}, Active: 2, Last: 8}, size
}

func same(t *testing.T, got, want *layers.Stack) {
	t.Helper()
	var walk func(a, b []layers.Layer)
	walk = func(a, b []layers.Layer) {
		if len(a) != len(b) {
			t.Fatalf("%d layers came back of %d", len(a), len(b))
		}
		for i := range a {
			told := func(l layers.Layer) string {
				return fmt.Sprintf("%s hidden %v locked %v %v opacity %d %v group %v", l.Name, l.Hidden, l.Locked, l.LockAlpha, int(l.Opacity*255+0.5), l.Mode, l.Group)
			}
			if told(a[i]) != told(b[i]) {
				t.Errorf("%q came back as %q", told(b[i]), told(a[i]))
			}
			r := b[i].Pixels.Bounds()
			if x, y := a[i].Pixels.Picture(r), b[i].Pixels.Picture(r); string(x.Pix) != string(y.Pix) {
				t.Errorf("layer %q has other pixels", b[i].Name)
			}
			walk(a[i].Layers, b[i].Layers)
		}
	}
	walk(got.Layers, want.Layers)
}

// What is written comes back with every channel, and the picture of all too.
func TestRoundTrip(t *testing.T) {
	for mode := range keys {
		s, size := many(mode)
		merged := s.Picture(size)
		var b bytes.Buffer
		if err := Encode(&b, s, merged); err != nil {
			t.Fatal(err)
		}
		f, err := Decode(b.Bytes())
		if err != nil || f.Beyond || f.Width != 300 || f.Height != 200 {
			t.Fatal(f, err)
		}
		same(t, f.Layers, s)
		for i, v := range merged.Pix {
			if f.Merged.Pix[i] != v {
				t.Fatalf("%v: the picture of all differs at %d", mode, i)
			}
		}
	}
	if s, _ := many(composite.DestinationIn); Carried(s) {
		t.Error("a mode that the format lacks is said to be carried")
	}
}

// Rows packed and unpacked are themselves.
func TestPackBits(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 500 {
		row := make([]byte, 1+r.IntN(700))
		for i := range row {
			if row[i] = byte(r.IntN(256)); i > 0 && r.IntN(3) > 0 {
				row[i] = row[i-1]
			}
		}
		if got := unpacked(nil, packed(nil, row), len(row)); string(got) != string(row) {
			t.Fatalf("%v came back as %v", row, got)
		}
	}
}

// A file that lies is refused with a word, and costs no memory beyond its size.
func TestDamaged(t *testing.T) {
	s, size := many(composite.Multiply)
	var b bytes.Buffer
	if err := Encode(&b, s, s.Picture(size)); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	r := rand.New(rand.NewPCG(9, 9))
	files := 600
	if testing.Short() {
		files = 60
	}
	for n := range files {
		broken := bytes.Clone(data)
		switch n % 3 {
		case 0:
			broken = broken[:r.IntN(len(broken))]
		default:
			for range 1 + r.IntN(6) {
				broken[r.IntN(min(len(broken), 1+r.IntN(3000)))] = byte(r.IntN(256))
			}
		}
		if f, err := Decode(broken); err == nil && (f.Layers == nil && f.Merged == nil) {
			t.Fatal("nothing was read, and that was no error")
		}
	}
	huge := bytes.Clone(data)
	at := bytes.Index(huge, []byte("8BPS")) + 14
	binary.BigEndian.PutUint32(huge[at:], 400000)
	if _, err := Decode(huge); fault.Of(err) != fault.TooLarge {
		t.Errorf("400000 px: %v", err)
	}
	layer := bytes.Clone(data) // the first layer's rectangle stands behind the number of layers
	first := 26 + 4 + 4 + 4 + 4 + 2
	binary.BigEndian.PutUint32(layer[first+8:], 30000)
	binary.BigEndian.PutUint32(layer[first+12:], 30000)
	if _, err := Decode(layer); fault.Of(err) != fault.TooLarge {
		t.Errorf("a layer of 30000 px: %v", err)
	}
	for _, bad := range [][]byte{nil, []byte("8BPS"), []byte("GIF89a")} {
		if _, err := Decode(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestKrita has Krita, where it is installed, show a file of ours and write it again. Krita shows the same layers of an
// .ora with no channel different; from the picture composited here, unrounded, both are away by what Krita rounds to 8
// bits after each layer.
func TestKrita(t *testing.T) {
	kritatest.Need(t)
	dir := t.TempDir()
	s, size := many(composite.Multiply)
	s.Layers[2].Opacity = 1 // Krita 5 does not read a group's
	merged := s.Picture(size)
	var b bytes.Buffer
	if err := Encode(&b, s, merged); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.psd")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	export := func(name string) string { return kritatest.Export(t, path, name) }
	pixels := func(path string) []uint8 {
		img, err := pixel.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return img.Pix
	}
	shown := pixels(export("out.png"))
	if worst, n := kritatest.Apart(shown, pixels(kritatest.Export(t, asORA(t, dir, s, merged), "ora.png"))); n > 0 {
		t.Errorf("Krita shows the same layers of an .ora up to %d of 255 away, in %d channels", worst, n)
	}
	worst, n := kritatest.Apart(shown, merged.Pix)
	t.Logf("Krita shows it at most %d of 255 away, %d of %d channels", worst, n, len(shown))
	if worst > 2 {
		t.Errorf("Krita shows it %d of 255 away", worst)
	}
	data, err := os.ReadFile(export("out.psd"))
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil || back.Layers == nil {
		t.Fatal(back, err)
	}
	if len(back.Layers.Layers) != len(s.Layers) || back.Layers.Layers[1].Name != "Über 山" || back.Layers.Layers[1].Mode != composite.Multiply || len(back.Layers.Layers[2].Layers) != 2 {
		t.Fatalf("%+v", back.Layers)
	}
	for i := range 2 {
		a, want := back.Layers.Layers[i].Pixels.Picture(size), s.Layers[i].Pixels.Picture(size)
		for j := range want.Pix {
			if want.Pix[j|3] != 0 && a.Pix[j] != want.Pix[j] {
				t.Fatalf("layer %d: channel %d is %d, not %d", i, j, a.Pix[j], want.Pix[j])
			}
		}
	}
}

// asORA writes the same layers as an .ora.
func asORA(t *testing.T, dir string, s *layers.Stack, merged *image.RGBA) string {
	t.Helper()
	f := &project.File{Width: merged.Rect.Dx(), Height: merged.Rect.Dy(), Merged: merged, Entries: map[string][]byte{}}
	if err := f.Put(s, image.Point{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "layers.ora")
	if err := project.Write(disk.OS{}, path, f); err != nil {
		t.Fatal(err)
	}
	return path
}
