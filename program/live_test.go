package program

import (
	"context"
	"image"
	"image/color"
	"os"
	"slices"
	"testing"
	"time"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
)

// BenchmarkLive makes the passes of a live picture with the model that ships: the canvas at 256 px encoded, drawn again in
// its draft's steps at strength 0.6, and decoded, with another stroke each time. It tells pictures a second and the median
// time from stroke to picture; what the runtime alone needs for the same calls is the loop of BenchmarkCall in engine/onnx.
// Figures are taken on a quiet machine. NIRVANA_BENCH_MODEL names another folder.
func BenchmarkLive(b *testing.B) {
	b.Setenv("NIRVANA_HOME", b.TempDir())
	var rt lazyRuntime
	b.Cleanup(func() { rt.close() })
	dir := "models/nirvana"
	if other := os.Getenv("NIRVANA_BENCH_MODEL"); other != "" {
		dir = other
	}
	f, err := models.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	m, err := rt.open(context.Background(), f, cli.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	canvas := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for i := range canvas.Pix {
		canvas.Pix[i] = 255
	}
	draft := m.Facts().Draft
	n := 0
	pass := func() {
		for y := range 24 { // a stroke
			for x := range 24 {
				canvas.SetRGBA((n*17+x)%256, (n*29+y)%256, color.RGBA{uint8(n * 40), 90, 30, 255})
			}
		}
		n++
		seen := image.NewRGBA(canvas.Rect)
		copy(seen.Pix, canvas.Pix)
		q := engine.Request{Prompt: "a red heart, flat emoji", Seed: 7, Init: seen, Strength: 0.6, Width: 256, Height: 256}
		if draft.Steps > 0 {
			q = draft.Of(q)
			q.Draft = true
		} else {
			q.Steps, q.DeepCache = 6, 3
		}
		for _, err := range m.Generate(context.Background(), q) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	var took []time.Duration
	for pass(); b.Loop(); {
		began := time.Now()
		pass()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
	b.ReportMetric(0, "ns/op")
}
