package app

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/project"
	"nirvana/engine"
)

func pngFile(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A photograph of any size opens to be repainted, before its model does and after, and with the model's own numbers.
func TestPhotographOpens(t *testing.T) {
	for _, size := range []image.Point{{1000, 667}, {333, 500}, {129, 64}, {200, 70}} {
		studio(t, func(b *bench) {
			b.models["a"].facts = func(f *engine.Facts) { f.Multiple = 64 }
			if err := b.OpenPicture(pngFile(t, plain(size.X, size.Y, color.RGBA{9, 9, 200, 255}))); err != nil {
				t.Fatal(err)
			}
			check := func(when string, m int) {
				f := b.Document.Frame
				if b.Mode() != ImageToImage || !f.In(b.Document.Picture.Rect) || f.Dx()%m != 0 || f.Dy()%m != 0 || size.X-f.Dx() >= m || size.Y-f.Dy() >= m {
					t.Errorf("%v, %s: %v in %v", size, when, b.Mode(), f)
				}
			}
			check("at first", 8)
			b.Open("A")
			b.after(time.Second)
			check("with its model", 64)
			if b.Settings.Guidance != 3 || b.Settings.Steps != 4 {
				t.Errorf("%v: guidance %g and %d steps are not the model's", size, b.Settings.Guidance, b.Settings.Steps)
			}
			b.Document.Rectangle(image.Rect(size.X-9, size.Y-9, size.X, size.Y), Replace)
			b.Document.FitFrame()
			if b.Mode() != Inpaint {
				t.Errorf("%v: over a mask in the corner it is %v in %v", size, b.Mode(), b.Document.Frame)
			}
			b.Document.Fill()
			b.Document.FitFrame()
			check2 := b.Document.Frame.In(b.Document.Picture.Rect)
			if !check2 {
				t.Errorf("%v: over a mask of all of it the frame is %v", size, b.Document.Frame)
			}
		})
	}
}

// What lies outside of the mask is exported as it is in the file: straight, with half transparent parts, of 16 bits,
// also after a restart, out of a project, and when the canvas grew.
func TestExportKeepsTheFile(t *testing.T) {
	flat := image.NewNRGBA(image.Rect(0, 0, 96, 80))
	deep := image.NewNRGBA64(flat.Rect)
	for y := range 80 {
		for x := range 96 {
			flat.SetNRGBA(x, y, color.NRGBA{uint8(2 * x), uint8(250 - y), uint8(x * y), uint8(255 * x / 95)})
			deep.SetNRGBA64(x, y, color.NRGBA64{uint16(650 * x), uint16(800 * y), 4321, uint16(65535 * x / 95)})
		}
	}
	for name, img := range map[string]image.Image{"8 bits": flat, "16 bits": deep} {
		home := t.TempDir()
		c := studioAt(t, home)
		if err := c.OpenPicture(pngFile(t, img)); err != nil {
			t.Fatal(err)
		}
		c.Document.SetFrame(image.Rect(8, 8, 72, 72))
		c.Document.Rectangle(image.Rect(30, 30, 50, 50), Replace)
		if c.Mode() != Inpaint {
			t.Fatalf("%s: %v", name, c.Mode())
		}
		c.Set(func(s *Settings) { s.Steps = 3 })
		c.Generate()
		if !c.until(func() bool { return len(c.Tray.Candidates) == 1 }) {
			t.Fatal("no candidate")
		}
		check := func(when string, c *child, at image.Point) {
			path := filepath.Join(t.TempDir(), "out.png")
			if err := c.Export(path); err != nil {
				t.Fatal(err)
			}
			data, _ := os.ReadFile(path)
			got, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			painted := 0
			for y := range 80 {
				for x := range 96 {
					same := got.At(x+at.X, y+at.Y) == img.At(x, y)
					if in := image.Pt(x, y).In(image.Rect(30, 30, 50, 50)); !in && !same {
						t.Fatalf("%s, %s: %v at %d,%d, was %v", name, when, got.At(x+at.X, y+at.Y), x, y, img.At(x, y))
					} else if in && !same {
						painted++
					}
				}
			}
			if painted < 300 {
				t.Errorf("%s, %s: only %d pixels were painted", name, when, painted)
			}
		}
		check("a candidate", c, image.Point{})
		c.Tray.Keep()
		check("kept", c, image.Point{})
		c.Document.Expand(7, 5, 0, 3)
		check("expanded", c, image.Pt(7, 5))
		path := filepath.Join(t.TempDir(), "a.ora")
		if err := c.save(path); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		again := studioAt(t, home)
		check("after a restart", again, image.Pt(7, 5))
		again.Undo()
		check("undone", again, image.Point{})
		again.Close()
		other := studioAt(t, t.TempDir())
		if err := other.OpenProject(path, false); err != nil {
			t.Fatal(err)
		}
		check("from a project", other, image.Pt(7, 5))
		f, err := project.Read(disk.OS{}, path)
		if err != nil {
			t.Fatal(err)
		}
		layer, err := png.Decode(bytes.NewReader(f.Layers[len(f.Layers)-1].PNG))
		if err != nil || layer.At(7+20, 5+20) != img.At(20, 20) {
			t.Errorf("%s: the layer for other programs has %v (%v)", name, layer.At(27, 25), err)
		}
	}
}

// A mask in the alpha channel of a black picture is one; a mask of nothing is told.
func TestLoadMaskInAlpha(t *testing.T) {
	studio(t, func(b *bench) {
		b.Document.Set(plain(64, 48, color.RGBA{9, 9, 200, 255}))
		mask := image.NewNRGBA(image.Rect(0, 0, 64, 48))
		mask.SetNRGBA(7, 5, color.NRGBA{0, 0, 0, 255})
		if err := b.Document.LoadMask(pngFile(t, mask)); err != nil {
			t.Fatal(err)
		}
		if m := b.Document.Mask; m.GrayAt(7, 5).Y != 255 || m.GrayAt(8, 5).Y != 0 || b.Notice != nil {
			t.Errorf("%d, %d, %+v", m.GrayAt(7, 5).Y, m.GrayAt(8, 5).Y, b.Notice)
		}
		if err := b.Document.LoadMask(pngFile(t, plain(64, 48, color.RGBA{0, 0, 0, 255}))); err != nil {
			t.Fatal(err)
		}
		if b.Notice == nil {
			t.Error("an empty mask is not told")
		}
	})
}
