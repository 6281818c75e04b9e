package app

import (
	"context"
	"errors"
	"image"
	"testing"
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
