package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
)

// BenchmarkShipped draws with the models that ship, opened and warm, as they come: a picture in the usual steps and, where the
// folder has one, a draft, told in seconds; with a verifier also the best of 4, 8 and 16 seeds, beside the same without halving.
// NIRVANA_BENCH_MODEL names another folder.
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
		if m.Facts().Verifier {
			b.Run(filepath.Base(dir)+"/search", func(b *testing.B) { compareSearches(b, m.Model) })
		}
		m.Close()
	}
}

// compareSearches draws one seed, and the best of 4, 8 and 16 with and without halving, one after the other in each round, so
// that what else the machine does falls on all of them alike. It prints the seconds of each and how many times those of one seed
// they are.
func compareSearches(b *testing.B, m *engine.Model) {
	type way struct {
		name string
		draw func() error
	}
	r := engine.Request{Prompt: "a red heart, flat emoji", Seed: 7}
	ways := []way{{"one seed", func() error { return bestOfBatch(m, r, 1) }}}
	for _, n := range []int{4, 8, 16} {
		ways = append(ways,
			way{fmt.Sprintf("best of %d, halving", n), func() error { return searched(m, r, n) }},
			way{fmt.Sprintf("best of %d", n), func() error { return bestOfBatch(m, r, n) }})
	}
	took, rounds := make([]time.Duration, len(ways)), 0
	for b.Loop() {
		rounds++
		for i, w := range ways {
			start := time.Now()
			if err := w.draw(); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(start)
		}
	}
	b.Logf("%-20s %10s %14s", "", "s", "of one seed's")
	for i, w := range ways {
		b.Logf("%-20s %10.2f %14.2f", w.name, took[i].Seconds()/float64(rounds), float64(took[i])/float64(took[0]))
	}
	b.ReportMetric(0, "ns/op")
}

// searched draws the best of n seeds by successive halving.
func searched(m *engine.Model, r engine.Request, n int) error {
	for _, err := range m.Search(context.Background(), r, n) {
		if err != nil {
			return err
		}
	}
	return nil
}

// bestOfBatch draws n seeds to the end as one batch and, where there are several, scores them.
func bestOfBatch(m *engine.Model, r engine.Request, n int) error {
	for i := range n {
		r.Seeds = append(r.Seeds, r.Seed+uint64(i))
	}
	var last engine.Step
	for step, err := range m.Generate(context.Background(), r) {
		if err != nil {
			return err
		}
		last = step
	}
	if n == 1 {
		return nil
	}
	_, err := m.Score(context.Background(), r, last.Pictures...)
	return err
}
