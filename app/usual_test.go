package app

import (
	"context"
	"errors"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/engine"
)

// The chosen model's defaults are in the panel and under Generate at once, also where it cannot be opened.
func TestDefaultsBeforeTheModelIsOpen(t *testing.T) {
	posted := make(chan func(), 1000)
	s, err := New(Options{Post: func(f func()) { posted <- f },
		Load:   func(context.Context, ModelInfo) (Generator, error) { return nil, errors.New("there is no library") },
		Models: []ModelInfo{{Name: "emoji", Dir: "emoji", Width: 256, Height: 192, Steps: 30, Guidance: 3, BestOf: 8, Verifier: true, Draft: 4, Opacity: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Open("emoji")
	if u := s.Settings; u.Width != 256 || u.Height != 192 || u.Steps != 30 || u.Guidance != 3 || u.BestOf != 8 {
		t.Errorf("%d x %d px, %d steps, guidance %g, best of %d", u.Width, u.Height, u.Steps, u.Guidance, u.BestOf)
	}
	if scene := s.Scene(); scene.Draft().Steps != 4 || !scene.Opacity() || !scene.Verifier() {
		t.Error("its draft, opacity and search are not known before it is open")
	}
	if s.Document.Frame != image.Rect(0, 0, 256, 192) || s.Plan() != "Paint from the prompt, best of 8, 30 steps" {
		t.Errorf("%v, %q", s.Document.Frame, s.Plan())
	}
}

// Generate, pressed while another model is still opening, makes the picture with that model's own values: those of the
// list at once, and where the list does not know them, when it is open.
func TestGenerateWhileAnotherIsOpening(t *testing.T) {
	for name, second := range map[string]ModelInfo{"known": {Name: "b", Dir: "b", Width: 32, Height: 32, Steps: 4, Guidance: 1, BestOf: 1}, "not known": {Name: "b", Dir: "b"}} {
		synctest.Test(t, func(t *testing.T) {
			posted, opens, live := make(chan func(), 1000), make(chan struct{}), 0
			model := func(side, steps int, guidance float32) *fake {
				live++
				return &fake{live: &live, facts: func(f *engine.Facts) {
					f.Width, f.Height, f.Steps, f.Guidance, f.Fixed = side, side, steps, guidance, true
				}}
			}
			small := model(32, 4, 1)
			s, err := New(Options{Post: func(f func()) { posted <- f }, Models: []ModelInfo{{Name: "a", Dir: "a", Width: 64, Height: 64, Steps: 25, Guidance: 7.5, BestOf: 1}, second},
				Load: func(_ context.Context, of ModelInfo) (Generator, error) {
					if of.Dir == "b" {
						<-opens
						return small, nil
					}
					return model(64, 25, 7.5), nil
				}})
			if err != nil {
				t.Fatal(err)
			}
			settle := func() {
				for {
					synctest.Wait()
					select {
					case f := <-posted:
						f()
					default:
						return
					}
				}
			}
			s.Open("a")
			settle()
			if s.Settings.Steps != 25 || s.Settings.Width != 64 {
				t.Fatalf("%s: the first model's are not set: %d steps", name, s.Settings.Steps)
			}
			s.Open("b")
			s.Generate()
			settle()
			close(opens)
			for range 20 {
				time.Sleep(time.Second)
				settle()
			}
			if len(small.asked) != 1 {
				t.Fatalf("%s: %d runs", name, len(small.asked))
			}
			if r := small.asked[0]; r.Steps != 4 || r.Width != 32 || r.Height != 32 || r.Guidance != 1 {
				t.Errorf("%s: %d x %d px, %d steps, guidance %g", name, r.Width, r.Height, r.Steps, r.Guidance)
			}
			s.Close()
		})
	}
}
