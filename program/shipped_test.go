package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
)

// BenchmarkShipped draws with the models that ship, opened and warm, as they come: a picture in the usual steps and, where the
// folder has one, a draft; with a verifier the best of 4, 8 and 16 seeds. It tells the seconds of each; NIRVANA_BENCH_MODEL names another folder.
func BenchmarkShipped(b *testing.B) {
	b.Setenv("NIRVANA_HOME", b.TempDir())
	var rt lazyRuntime
	b.Cleanup(func() { rt.close() })
	dirs := []string{"models/nirvana", "models/ddpm"}
	if dir := os.Getenv("NIRVANA_BENCH_MODEL"); dir != "" {
		dirs = []string{dir}
	}
	for _, dir := range dirs {
		f, err := models.Read(dir)
		if err != nil && dir == "models/ddpm" {
			continue
		}
		if err != nil {
			b.Fatal(err)
		}
		m, err := rt.open(context.Background(), f, cli.OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		ask := func(b *testing.B, draft bool) {
			r := engine.Request{Prompt: "a red heart, flat emoji", Seed: 7, Draft: draft}
			if len(m.Facts().Classes) > 0 {
				r = engine.Request{Seed: 7, ClassLabels: []int{0}}
			}
			draw := func() {
				for _, err := range m.Generate(context.Background(), r) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			for draw(); b.Loop(); {
				draw()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/picture")
			b.ReportMetric(0, "ns/op")
		}
		b.Run(filepath.Base(dir)+"/picture", func(b *testing.B) { ask(b, false) })
		if m.Facts().Draft.Steps > 0 {
			b.Run(filepath.Base(dir)+"/draft", func(b *testing.B) { ask(b, true) })
		}
		for _, n := range []int{4, 8, 16} {
			if m.Facts().Verifier {
				b.Run(fmt.Sprint(filepath.Base(dir), "/best of ", n), func(b *testing.B) { search(b, m.Model, n) })
			}
		}
		m.Close()
	}
}

// search draws the best of n seeds.
func search(b *testing.B, m *engine.Model, n int) {
	for b.Loop() {
		for _, err := range m.Search(context.Background(), engine.Request{Prompt: "a red heart, flat emoji", Seed: 7}, n) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/picture")
	b.ReportMetric(0, "ns/op")
}
