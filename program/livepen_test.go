package program

import (
	"context"
	"image"
	"image/color"
	"slices"
	"testing"
	"time"

	"nirvana/app"
	"nirvana/engine/pixel/paint"
	"nirvana/models"
)

// BenchmarkPenBesideLive draws a stroke of 60 pen events a second on a canvas of 4096 px while Live follows it with the
// model that ships, at 256 px. It tells how many of the events were handled, with what the window's goroutine had to do
// besides, before the next was due; the time that one took, in the median and at the 99th percentile; and how many pictures
// Live made meanwhile. Figures are taken on a quiet machine.
func BenchmarkPenBesideLive(b *testing.B) {
	b.Setenv("NIRVANA_HOME", b.TempDir())
	var rt lazyRuntime
	b.Cleanup(func() { rt.close() })
	f, err := models.Read("models/nirvana")
	if err != nil {
		b.Fatal(err)
	}
	posts := make(chan func(), 1000)
	followed := 0
	s, err := app.New(app.Options{Post: func(f func()) { posts <- f }, Load: rt.load, Models: []app.ModelInfo{describe(f)}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var last *image.RGBA
	s.Observe(func(app.Change) {
		if img, _, _ := s.Live(); img != last {
			last = img
			followed++
		}
	})
	s.Open(f.Dir)
	white := image.NewRGBA(image.Rect(0, 0, 4096, 4096))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	s.Document.Set(white)
	s.Document.SetFrame(image.Rect(1000, 1000, 1256, 1256))
	s.Set(func(t *app.Settings) {
		t.Prompt, t.Width, t.Height, t.Strength = "a red heart, flat emoji", 256, 256, 0.6
	})
	s.SetLive(true)
	await(b, posts, func() bool { return followed > 0 }) // the networks are open
	pen := paint.Pen{Size: 64, Softness: 0.5}
	if _, err := s.Document.BeginPaint(paint.Ink{Source: paint.Flat(color.NRGBA{200, 30, 40, 255}), Opacity: 1}, pen, 1010, 1010); err != nil {
		b.Fatal(err)
	}
	const tick = time.Second / 60
	var took []time.Duration
	late, i, began := 0, 0, followed
	due := time.Now()
	for b.Loop() {
		for due = due.Add(tick); ; { // until the event is due, the goroutine does what is posted to it
			select {
			case f := <-posts:
				f()
				continue
			case <-time.After(time.Until(due)):
			}
			break
		}
		i++
		s.Document.PaintTo(1010+float32(i*7%240), 1010+float32(i*11%230))
		s.LiveTouched()
		took = append(took, time.Since(due))
		if time.Since(due) > tick {
			late++
			due = time.Now()
		}
	}
	s.Document.EndStroke()
	slices.Sort(took)
	b.ReportMetric(float64(b.N-late)/float64(b.N), "in-time")
	b.ReportMetric(median(took), "ms-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-99%")
	b.ReportMetric(float64(followed-began)/b.Elapsed().Seconds(), "pictures/s")
	b.ReportMetric(0, "ns/op")
}

// await does what is posted until something is so.
func await(b *testing.B, posts <-chan func(), so func() bool) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	for !so() {
		select {
		case f := <-posts:
			f()
		case <-ctx.Done():
			b.Fatal("it did not come")
		}
	}
}
