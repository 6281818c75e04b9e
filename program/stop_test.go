//go:build migrated_fynedo

package program

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"nirvana/app"
	"nirvana/models"
)

// BenchmarkStop presses Stop at a random moment of a run on the default model, and waits until the studio is
// idle. It tells the median and the 95th percentile.
func BenchmarkStop(b *testing.B) {
	var rt lazyRuntime
	b.Cleanup(func() { rt.close() })
	posted := make(chan func(), 1024) // this goroutine plays the window's
	folder, err := models.Read("models/nirvana")
	if err != nil {
		b.Fatal(err)
	}
	s, err := app.New(app.Options{Post: func(f func()) { posted <- f }, Models: []app.ModelInfo{describe(folder)}, Load: rt.load})
	if err != nil {
		b.Fatal(err)
	}
	until := func(done func() bool) {
		for !done() {
			(<-posted)()
		}
	}
	s.Set(func(t *app.Settings) { t.Prompt = "a red heart" })
	s.Open("")
	until(func() bool { return s.Facts.Name != "" })

	var waited []float64
	for b.Loop() {
		s.Generate()
		until(func() bool { r := s.Run(); return r != nil && r.State == app.Running && len(r.Steps) > 2 })
		timer := time.After(time.Duration(rand.IntN(300)) * time.Millisecond)
		for stopped := false; !stopped && s.Run().Active(); {
			select {
			case f := <-posted:
				f()
			case <-timer:
				stopped = true
			}
		}
		began := time.Now()
		s.Stop()
		until(func() bool { return !s.Run().Active() })
		waited = append(waited, float64(time.Since(began).Microseconds())/1000)
	}
	sort.Float64s(waited)
	b.ReportMetric(waited[len(waited)/2], "ms/median")
	b.ReportMetric(waited[len(waited)*95/100], "ms/95th")
	b.ReportMetric(0, "ns/op")
	go func() { // the worker's last words
		for f := range posted {
			_ = f
		}
	}()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
