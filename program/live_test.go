package program

import (
	"context"
	"image"
	"image/color"
	"os"
	"slices"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/onnx"
	"nirvana/models"
)

// timed is a network whose calls are added up.
type timed struct {
	engine.Graph
	spent *time.Duration
}

func (t timed) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	defer func(began time.Time) { *t.spent += time.Since(began) }(time.Now())
	return t.Graph.Run(ctx, in)
}

// BenchmarkLive makes the passes of a live picture with the model that ships: the canvas at 256 px, of which what a stroke
// changed is encoded, drawn again in its draft's steps at strength 0.6, and decoded, with another stroke each time. It tells
// pictures a second, the median time from stroke to picture, and the median of what of it the runtime computes: the floor.
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
	r, err := rt.get()
	if err != nil {
		b.Fatal(err)
	}
	loaded, err := r.Load(f, onnx.LoadOptions{Cache: graphs(), Fuse: true, Idle: idle})
	if err != nil {
		b.Fatal(err)
	}
	defer loaded.Close()
	loaded.Begin()
	var spent time.Duration
	p := &loaded.Parts
	for _, part := range []*engine.Part{&p.Encoder, &p.Decoder, &p.Denoiser} {
		part.Graph = timed{part.Graph, &spent}
	}
	if p.Draft != nil {
		p.Draft.Graph = timed{p.Draft.Graph, &spent}
	}
	m, err := engine.New(*p)
	if err != nil {
		b.Fatal(err)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for i := range canvas.Pix {
		canvas.Pix[i] = 255
	}
	draft := m.Facts().Draft
	n := 0
	var encoded engine.Encoded
	pass := func() {
		for y := range 24 { // a stroke
			for x := range 24 {
				canvas.SetRGBA((n*17+x)%256, (n*29+y)%256, color.RGBA{uint8(n * 40), 90, 30, 255})
			}
		}
		n++
		seen := image.NewRGBA(canvas.Rect)
		copy(seen.Pix, canvas.Pix)
		q := engine.Request{Prompt: "a red heart, flat emoji", Seed: 7, Init: seen, Strength: 0.6, Width: 256, Height: 256, Encoded: &encoded}
		if draft.Steps > 0 {
			q = draft.Of(q)
			q.Draft = true
		} else {
			q.Steps = 6
		}
		for _, err := range m.Generate(context.Background(), q) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	var took, floor []time.Duration
	for range 4 { // the networks are loaded, and how far the encoder sees is found out
		pass()
	}
	for b.Loop() {
		began := time.Now()
		spent = 0
		pass()
		took, floor = append(took, time.Since(began)), append(floor, spent)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
	b.ReportMetric(median(took), "ms-median")
	b.ReportMetric(median(floor), "ms-floor")
	b.ReportMetric(0, "ns/op")
}

// median is that of times, in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
