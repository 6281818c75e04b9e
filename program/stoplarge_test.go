//go:build migrated_fynedo

package program

import (
	"image"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nirvana/app"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// largeSide is the side of the runs that are stopped here, px.
const largeSide = 4096

// largeRuns are runs of 4096 px in the default model; each leaves the document ready for Generate.
var largeRuns = map[string]func(a *atelier){
	"text": func(a *atelier) {},
	"image to image": func(a *atelier) {
		a.open(gradient(largeSide))
	},
	"inpaint": func(a *atelier) {
		a.open(gradient(largeSide))
		a.Document.SetMask("rectangle", pixel.Rectangle(image.Rect(0, 0, largeSide, largeSide), image.Rect(600, 700, 3400, 3600)))
	},
	"outpaint": func(a *atelier) {
		a.open(gradient(largeSide - 512))
		a.Document.SetFrame(image.Rect(-256, -256, largeSide-256, largeSide-256))
	},
}

// open takes a picture as the document, by way of a file.
func (a *atelier) open(img *image.RGBA) {
	path := filepath.Join(a.t.TempDir(), "picture.png")
	if err := pixel.Save(path, img); err != nil {
		a.t.Fatal(err)
	}
	p, err := a.Reader().Picture(path)
	if err != nil {
		a.t.Fatal(err)
	}
	a.TakePicture(p)
}

// gradient is an opaque picture without two equal rows.
func gradient(side int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := 0; i < len(img.Pix); i += 4 {
		x, y := i/4%side, i/4/side
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = uint8(x*255/side), uint8(y*255/side), uint8(x^y), 255
	}
	return img
}

// moments are parts of a run, and whether it is in one.
var moments = map[string]func(r *app.Run) bool{
	"preparing": func(r *app.Run) bool { return r.Active() },
	"encoding":  func(r *app.Run) bool { return r.Phase == engine.Encoding && r.Part > 0 },
	"denoising": func(r *app.Run) bool { // with something to show for it
		return len(r.Steps) > 0 && r.Steps[len(r.Steps)-1].Index > 0 && r.Phase == engine.Denoising
	},
	"decoding": func(r *app.Run) bool { return r.Phase == engine.Decoding },
}

// BenchmarkStopLarge presses Stop within each part of runs of 4096 px. It tells how long it is until the next run could begin
// and, where there is an unfinished picture, until that lies in the tray: the medians and the longest.
func BenchmarkStopLarge(b *testing.B) {
	a := openAtelierIn(b, filepath.Join("models", "nirvana"), b.TempDir())
	for _, kind := range []string{"text", "image to image", "inpaint", "outpaint"} {
		for _, moment := range []string{"preparing", "encoding", "denoising", "decoding"} {
			if kind == "text" && moment == "encoding" {
				continue
			}
			b.Run(kind+"/"+moment, func(b *testing.B) {
				var idle, shown []float64
				for b.Loop() {
					i, s := a.stopLarge(b, kind, moment)
					idle, shown = append(idle, i.Seconds()*1000), append(shown, s.Seconds()*1000)
				}
				for name, waited := range map[string][]float64{"idle": idle, "shown": shown} {
					slices.Sort(waited)
					b.ReportMetric(waited[len(waited)/2], "ms-"+name+"/median")
					b.ReportMetric(waited[len(waited)-1], "ms-"+name+"/most")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// stopLarge begins a run, stops it at a random moment within a part of it, and says how long the studio took to be idle, and
// to have an unfinished picture in the tray.
func (a *atelier) stopLarge(b *testing.B, kind, moment string) (idle, shown time.Duration) {
	a.NewDocument()
	a.Set(func(s *app.Settings) {
		s.Prompt, s.Seed, s.Steps, s.Locked, s.OnlyMasked, s.Guidance = "a red heart, 3d emoji", 5, 4, true, false, 3
	})
	if moment == "decoding" { // as soon as can be
		a.Set(func(s *app.Settings) { s.Steps, s.Strength, s.Guidance = 1, 1, 1 })
	}
	a.Document.SetFrame(image.Rect(0, 0, largeSide, largeSide))
	largeRuns[kind](a)
	before := a.Run()
	a.Generate()
	for a.Run() == before {
		(<-a.posted)()
	}
	if r := a.Run(); r.Frame.Dx() != largeSide {
		b.Fatalf("asked for %d px, and what runs is %v", largeSide, r.Frame)
	}
	in := moments[moment]
	for !in(a.Run()) {
		if a.Run().Err != nil || a.Run().State == app.Finished {
			b.Fatalf("the run ended before %s: %v", moment, a.Run().Err)
		}
		(<-a.posted)()
	}
	timer := time.After(time.Duration(rand.IntN(1500)) * time.Millisecond)
	for waits := true; waits && a.Run().Active(); {
		select {
		case f := <-a.posted:
			f()
		case <-timer:
			waits = false
		}
	}
	began := time.Now()
	a.Stop()
	for a.Run().Active() {
		(<-a.posted)()
	}
	idle = time.Since(began)
	for a.Run().Coming() {
		(<-a.posted)()
	}
	shown = time.Since(began)
	if err := a.Run().Err; err != nil {
		b.Fatal(err)
	}
	for len(a.posted) > 0 {
		(<-a.posted)()
	}
	return idle, shown
}
