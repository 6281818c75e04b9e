//go:build migrated_fynedo

package main

import (
	"cmp"
	"crypto/sha256"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app"
	"nirvana/engine/pixel"
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
	rt := &lazyRuntime{}
	f, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(f, "models", "nirvana")
	info, err := readModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := &atelier{t: t, posted: make(chan func(), 1<<16)}
	a.Studio, err = app.New(app.Options{Post: func(f func()) { a.posted <- f }, Load: rt.load, Models: []app.ModelInfo{info}, Draw: func() int64 { return 1 }})
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
			s.Prompt, s.Steps, s.Seed, s.Strength = "a red heart", 4, int64(n), 0.3+0.7*r.Float32()
			s.Content = []string{"original", "fill", "noise", "nothing"}[n%4]
			s.OnlyMasked, s.SoftMask, s.Match = n%3 == 1, n%5 == 2, n%2 == 0
			s.Feather, s.Overlap, s.Sampler = r.IntN(20), r.IntN(24), samplers[n%len(samplers)]
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

var seamTable = flag.Bool("seams", false, "write docs/seams.md anew")

var seamPrompts = []string{"a red heart", "a house with a tree", "a smiling cat face, 3d emoji", "green apple, flat emoji", "a blue fish, clip art",
	"yellow star, flat icon", "a mountain, noto style", "orange flower, twemoji style", "a purple ball, 3d emoji", "a brown dog, clip art"}

// TestSeams outpaints twenty pictures and measures the seam along the border of
// what was kept, against a naive paste: the same run without overlap, colour
// match and blending.
func TestSeams(t *testing.T) {
	a := openAtelier(t)
	d := a.Document
	sides := []struct {
		name string
		x, y float64
	}{{"right", 0.5, 0}, {"below", 0, 0.5}, {"left", -0.5, 0}, {"above", 0, -0.5}}
	usual := a.Settings
	type row struct {
		prompt, side        string
		seed                int
		seam, edge, against float64
	}
	var rows []row
	for n := range 20 {
		a.Set(func(s *app.Settings) {
			*s = usual
			s.Prompt, s.Seed, s.Steps, s.Locked = seamPrompts[n%10], int64(100+n), 12, true
		})
		d.New()
		d.SetFrame(image.Rect(0, 0, 128, 128))
		a.make()
		a.Tray.Keep()
		base, side := d.Picture, sides[n%4]
		measure := func() (seam, edge float64) {
			d.Pan(side.x, side.y)
			frame := d.Frame
			a.make()
			a.Tray.Keep()
			whole := d.Picture.Rect
			was := base.Rect.Add(image.Pt(max(0, -frame.Min.X), max(0, -frame.Min.Y)))
			old := pixel.Invert(pixel.Rectangle(whole, was))
			mask := old // the border of what was kept
			if o := a.Settings.Overlap; o > 0 {
				mask = pixel.Grow(old, o)
			}
			seam = pixel.Seam(d.Picture, pixel.Crop(base, whole.Sub(was.Min)), mask)
			edge = pixel.Seam(d.Picture, nil, old)
			d.Undo()
			d.SetFrame(base.Rect)
			return seam, edge
		}
		r := row{prompt: seamPrompts[n%10], side: side.name, seed: 100 + n}
		r.seam, r.edge = measure()
		a.Set(func(s *app.Settings) { s.Overlap, s.Feather, s.Match = 0, 0, false })
		r.against, _ = measure()
		rows = append(rows, r)
	}
	sorted := func(of func(row) float64) []float64 {
		var v []float64
		for _, r := range rows {
			v = append(v, of(r))
		}
		slices.SortFunc(v, cmp.Compare[float64])
		return v
	}
	seams, naive := sorted(func(r row) float64 { return r.seam }), sorted(func(r row) float64 { return r.against })
	edges := sorted(func(r row) float64 { return r.edge })
	middle := func(v []float64) float64 { return (v[9] + v[10]) / 2 }
	median, edgeMedian, naiveMedian := middle(seams), middle(edges), middle(naive)
	worse := 0
	for _, r := range rows {
		t.Logf("%-30s %-6s %d  %.2f  old border %.2f  naive %.2f", r.prompt, r.side, r.seed, r.seam, r.edge, r.against)
		if r.seam >= r.against {
			worse++
		}
	}
	t.Logf("median %.2f, old border %.2f, naive %.2f", median, edgeMedian, naiveMedian)
	if median > 1.1 || edgeMedian > 1.1 {
		t.Errorf("the median seam is %.2f and %.2f times an undisturbed line, want at most 1.1", median, edgeMedian)
	}
	if worse > 0 {
		t.Errorf("%d of 20 are no better than a naive paste", worse)
	}
	if *seamTable {
		var b strings.Builder
		for _, r := range rows {
			fmt.Fprintf(&b, "| %s | %s | %d | %.2f | %.2f | %.2f |\n", r.prompt, r.side, r.seed, r.seam, r.edge, r.against)
		}
		text := fmt.Sprintf(seamText, b.String(), median, edgeMedian, naiveMedian)
		if err := os.WriteFile("docs/seams.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const seamText = `# Seams

Twenty pictures of the default model (128 x 128 px, 12 steps), each widened by half a frame. A number is the mismatch of
colour and gradient along a border, divided by that of the picture's own lines: those 4 to 12 px away, or the same line
of the picture before it was widened, whichever is greater (` + "`pixel.Seam`" + `). 1 is a border like any other line. *Seam* is
the border of what was kept, *old border* where the picture ended before, now inside of the new part. *Naive* is the
same run pasted in without overlap, colour match and blending. ` + "`go test -tags migrated_fynedo -run TestSeams -seams .`" + ` writes this page.

| prompt | side | seed | seam | old border | naive paste |
|---|---|---|---|---|---|
%s| **median** | | | **%.2f** | **%.2f** | **%.2f** |
`
