//go:build migrated_fynedo

package program

import (
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app"
)

// Every kind of model keeps what is not masked: four channels, five, eight and nine, ControlNets, one, two and three text
// encoders, flows, a tiny VAE, and pixel space. Each inpaints hard, soft and only around the mask, outpaints, and is steered.
func TestKeptByEveryModel(t *testing.T) {
	models := recordedModels(t)
	folders, err := os.ReadDir(models)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		t.Run(f.Name(), func(t *testing.T) {
			a := openAtelierOf(t, filepath.Join(models, f.Name()))
			r := rand.New(rand.NewPCG(3, 8))
			for n := range 8 {
				keepsThePicture(t, a, r, n)
			}
		})
	}
}

// keepsThePicture inpaints or outpaints once, in the n-th way, and compares what was not masked.
func keepsThePicture(t *testing.T, a *atelier, r *rand.Rand, n int) {
	t.Helper()
	d, m := a.Document, a.Multiple()
	side := max(a.Facts.Width, 48) / m * m // pixel space: in windows
	picture := image.NewRGBA(image.Rect(0, 0, side+22, side+12))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(r.IntN(256)) | uint8(255*(i%4/3))
	}
	d.Set(picture)
	outpaint := n%4 == 3
	a.Set(func(s *app.Settings) {
		s.Prompt, s.Steps, s.Seed, s.Strength, s.Sampler = "a red heart", 3, uint64(n), 0.4+0.6*r.Float32(), ""
		s.Content = []string{"original", "fill", "noise", "nothing"}[n%4]
		s.SoftMask, s.OnlyMasked, s.Match = n%4 == 1, n%4 == 2, n%2 == 0
		s.Feather, s.Overlap = r.IntN(8), r.IntN(6)
	})
	if a.Facts.Depth {
		a.SetDepth(filepath.Join(recorded, "inputs", "depth.png"))
		for a.Settings.DepthFile == "" {
			(<-a.posted)()
		}
	}
	if a.Facts.ControlNets > 0 && n > 3 {
		a.SetControl(0, func(c *app.Control) { c.Source = "edges" })
	}
	at := image.Pt(r.IntN(22), r.IntN(12))
	want := app.Inpaint
	if outpaint {
		at, want = image.Pt(side/2, 10), app.Outpaint
	}
	d.SetFrame(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))})
	d.Clear()
	x, y := side/2+r.IntN(side/4), side/2+r.IntN(side/4)
	d.Ellipse(image.Rect(x, y, x+side/3, y+side/3), app.Add)
	if n%4 == 1 {
		d.Feather(1 + r.IntN(3))
	}
	if a.Mode() != want {
		t.Fatalf("run %d is %v", n, a.Mode())
	}
	size := picture.Rect.Size()
	mask, frame, overlap := append([]uint8(nil), d.Mask.Pix...), d.Frame, a.Settings.Overlap
	free := func(x, y int) bool {
		if mask[y*size.X+x] != 0 {
			return true
		}
		near := image.Rect(x-overlap, y-overlap, x+overlap+1, y+overlap+1)
		return outpaint && !near.Intersect(frame).In(picture.Rect)
	}
	before := kept(picture, free, image.Point{}, size)
	a.make()
	made := a.Tray.Current()
	a.Tray.Keep()
	if after := kept(d.Picture, free, d.Frame.Min.Sub(frame.Min), size); after != before {
		t.Errorf("run %d (%v): kept pixels changed", n, want)
	}
	if string(d.Picture.Pix) == string(picture.Pix) {
		t.Errorf("run %d (%v): nothing was painted into %v", n, want, made.Frame)
	}
}
