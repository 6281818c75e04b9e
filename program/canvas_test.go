//go:build migrated_fynedo

package program

import (
	"crypto/sha256"
	"image"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"nirvana/app"
)

// The canvas with the real default model: what is kept stays, and no seam shows.

// atelier is a studio on a test's own goroutine.
type atelier struct {
	*app.Studio
	t      testing.TB
	posted chan func()
}

func openAtelier(t testing.TB) *atelier {
	t.Helper()
	return openAtelierOf(t, filepath.Join("models", "nirvana"))
}

// openAtelierOf opens another model's folder.
func openAtelierOf(t testing.TB, folder string) *atelier {
	t.Helper()
	return openAtelierIn(t, folder, "")
}

// openAtelierIn keeps its state in a folder, where one is given.
func openAtelierIn(t testing.TB, folder, home string) *atelier {
	t.Helper()
	rt := &lazyRuntime{}
	dir, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := readModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := &atelier{t: t, posted: make(chan func(), 1<<16)}
	a.Studio, err = app.New(app.Options{Post: func(f func()) { a.posted <- f }, Home: home, Load: rt.load, Models: []app.ModelInfo{info}, Draw: func() uint64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		rt.close()
	})
	a.Open(info.Name)
	for a.Facts.Name == "" {
		(<-a.posted)()
		if a.Notice != nil {
			t.Fatal(a.Notice.Headline, a.Notice.Detail)
		}
	}
	a.Set(func(s *app.Settings) { s.BestOf = 1 }) // a search among seeds is tested in engine, worker and the window
	return a
}

// make generates and waits for the result.
func (a *atelier) make() *app.Candidate {
	a.t.Helper()
	a.Generate()
	return a.wait()
}

func (a *atelier) wait() *app.Candidate {
	a.t.Helper()
	for a.Run() == nil || a.Run().Active() || len(a.Queue) > 0 {
		(<-a.posted)()
	}
	for len(a.posted) > 0 {
		(<-a.posted)()
	}
	if a.Run().Err != nil || a.Tray.Current() == nil {
		a.t.Fatal("no picture: ", a.Run().Err)
	}
	return a.Tray.Current()
}

// scribble is a random mask of shapes and strokes, some soft.
func scribble(d *app.Document, r *rand.Rand) {
	d.Clear()
	w, h := d.Picture.Rect.Dx(), d.Picture.Rect.Dy()
	for range 1 + r.IntN(3) {
		x, y := r.IntN(w-20), r.IntN(h-20)
		at := image.Rect(x, y, x+8+r.IntN(w/3), y+8+r.IntN(h/3))
		switch r.IntN(4) {
		case 0:
			d.Rectangle(at, app.Add)
		case 1:
			d.Ellipse(at, app.Add)
		case 2:
			d.Polygon([][2]float32{{float32(x), float32(y)}, {float32(x + 40), float32(y + 5)}, {float32(x + 10), float32(y + 50)}}, app.Add)
		default:
			d.BeginStroke(app.Brush{Size: 12 + float32(r.IntN(20)), Softness: r.Float32(), Opacity: 0.3 + 0.7*r.Float32()}, float32(x), float32(y))
			d.StrokeTo(float32(x+30), float32(y+22))
			d.EndStroke()
		}
	}
	if r.IntN(3) == 0 {
		d.Feather(1 + r.IntN(8))
	}
}

// kept is the hash of the picture's bytes where the mask lets nothing through.
func kept(img *image.RGBA, free func(x, y int) bool, at image.Point, size image.Point) [32]byte {
	var all []byte
	for y := range size.Y {
		for x := range size.X {
			if !free(x, y) {
				i := img.PixOffset(x+at.X, y+at.Y)
				all = append(all, img.Pix[i:i+4]...)
			}
		}
	}
	return sha256.Sum256(all)
}

// Outside of the mask every byte stays what it was: random masks, every mode, content, sampler and blend.
func TestKeptPixels(t *testing.T) {
	a := openAtelier(t)
	d := a.Document
	r := rand.New(rand.NewPCG(11, 5))
	samplers := []string{"", "Euler a", "DPM++ 2M Karras", "UniPC", "LCM"}
	for n := range 24 {
		picture := image.NewRGBA(image.Rect(0, 0, 150, 140))
		for i := range picture.Pix {
			picture.Pix[i] = uint8(r.IntN(256)) | uint8(255*(i%4/3))
		}
		d.Set(picture)
		outpaint := n%4 == 3
		a.Set(func(s *app.Settings) {
			s.Prompt, s.Steps, s.Seed, s.Strength = "a red heart", 4, uint64(n), 0.3+0.7*r.Float32()
			s.Content = []string{"original", "fill", "noise", "nothing"}[n%4]
			s.OnlyMasked, s.SoftMask, s.Match = n%3 == 1, n%5 == 2, n%2 == 0
			s.Feather, s.Overlap, s.Sampler, s.Schedule = r.IntN(20), r.IntN(24), samplers[n%len(samplers)], ""
		})
		at := image.Pt(r.IntN(22), r.IntN(12))
		want := app.Inpaint
		if outpaint {
			at, want = image.Pt(r.IntN(200)-100, 20+r.IntN(80)), app.Outpaint
		}
		d.SetFrame(image.Rectangle{Min: at, Max: at.Add(image.Pt(128, 128))})
		scribble(d, r)
		if a.Mode() != want {
			d.Ellipse(image.Rect(40, 40, 70, 60), app.Add)
		}
		if a.Mode() != want {
			t.Fatalf("run %d is %v, frame %v", n, a.Mode(), d.Frame)
		}
		mask, frame, overlap := append([]uint8(nil), d.Mask.Pix...), d.Frame, a.Settings.Overlap
		free := func(x, y int) bool {
			if mask[y*150+x] != 0 {
				return true
			}
			near := image.Rect(x-overlap, y-overlap, x+overlap+1, y+overlap+1)
			return outpaint && !near.Intersect(frame).In(picture.Rect)
		}
		before := kept(picture, free, image.Point{}, picture.Rect.Size())
		a.make()
		a.Tray.Keep()
		moved := d.Frame.Min.Sub(frame.Min) // where the picture's corner went as the canvas grew
		if after := kept(d.Picture, free, moved, picture.Rect.Size()); after != before {
			t.Errorf("run %d (%v, %+v): kept pixels changed", n, want, a.Settings)
		}
		if !d.Undo() || d.Picture != picture {
			if string(d.Picture.Pix) != string(picture.Pix) {
				t.Errorf("run %d: undo does not bring the picture back", n)
			}
		}
	}
}
