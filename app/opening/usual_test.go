package opening

import (
	"testing"

	"nirvana/app/library"
	"nirvana/app/settings"
	"nirvana/app/worker"
	"nirvana/engine"
)

// shows fails where the panel has other values.
func (r *room) shows(t *testing.T, when string, want usual) {
	t.Helper()
	s := r.panel.Settings
	if got := (usual{s.Width, s.Height, s.Steps, s.Guidance, s.BestOf}); got != want {
		t.Errorf("%s: %+v, want %+v", when, got, want)
	}
}

// arrives is a model that has been opened.
func (r *room) arrives(dir string, f engine.Facts) {
	r.Opened(worker.Opened{Model: library.Model{Dir: dir}, Facts: f})
	r.Suit()
}

// The panel takes a chosen model's defaults from the list before it is open, and the rest when it is; what the artist
// has set stays.
func TestChosenBeforeItIsOpen(t *testing.T) {
	in(t, 0, func(r *room) {
		r.Open("a")
		if r.shows(t, "chosen", usual{256, 256, 30, 3, 8}); r.Facts.Name != "" || r.Sized {
			t.Error("it is open already")
		}
		r.panel.Set(func(s *settings.Settings) { s.Steps = 12 })
		r.Open("b")
		r.shows(t, "another, of which the list knows less", usual{96, 64, 12, 3, 1})
		r.arrives("b", engine.Facts{Name: "b", Width: 96, Height: 64, Steps: 20, Guidance: 5, BestOf: 1, Multiple: 8})
		if r.shows(t, "open", usual{96, 64, 12, 5, 1}); !r.Sized {
			t.Error("the first model has not set the size")
		}
		r.Open("a")
		r.shows(t, "the first again", usual{256, 256, 12, 3, 8})
		r.Open("b")
		r.shows(t, "the open one again", usual{96, 64, 12, 5, 1})
		r.empty = false
		r.Open("a")
		r.shows(t, "under a picture", usual{96, 64, 12, 3, 8})
	})
}

// A model that is still open may have one size only: that does not bind the chosen one's.
func TestChosenAfterOneOfOneSize(t *testing.T) {
	in(t, 0, func(r *room) {
		r.arrives("x", engine.Facts{Name: "x", Width: 64, Height: 64, Steps: 4, Guidance: 1, BestOf: 1, Multiple: 8, Fixed: true})
		r.Open("a")
		r.shows(t, "chosen", usual{256, 256, 30, 3, 8})
		r.arrives("a", engine.Facts{Name: "a", Width: 256, Height: 256, Steps: 30, Guidance: 3, BestOf: 8, Multiple: 8})
		r.shows(t, "open", usual{256, 256, 30, 3, 8})
	})
}

// What a recipe, a project or the last session brings stays, before the first model is open and when it brings another
// one, even where it equals the defaults of the one before.
func TestKeepSettings(t *testing.T) {
	facts := engine.Facts{Name: "a", Width: 256, Height: 256, Steps: 25, Guidance: 4, BestOf: 8, Multiple: 8}
	brought := usual{256, 256, 30, 3, 1}
	bring := func(r *room, and func()) {
		r.KeepSettings(func() {
			r.panel.Set(func(s *settings.Settings) {
				s.Width, s.Height, s.Steps, s.Guidance, s.BestOf = brought.width, brought.height, brought.steps, brought.guidance, brought.bestOf
			})
			and()
		})
	}
	in(t, 0, func(r *room) {
		r.Open("a")
		bring(r, func() {})
		r.arrives("a", facts)
		r.shows(t, "on the first model's way", brought)
	})
	in(t, 0, func(r *room) {
		r.arrives("a", engine.Facts{Name: "a", Width: 256, Height: 256, Steps: 30, Guidance: 3, BestOf: 1, Multiple: 8})
		bring(r, func() { r.Open("b") })
		r.arrives("b", engine.Facts{Name: "b", Width: 96, Height: 64, Steps: 20, Guidance: 5, BestOf: 1, Multiple: 8})
		r.shows(t, "with another model", brought)
	})
	in(t, 0, func(r *room) {
		r.arrives("a", engine.Facts{Name: "a", Width: 256, Height: 256, Steps: 30, Guidance: 4, BestOf: 8, Multiple: 8})
		bring(r, func() {})
		r.Open("b")
		r.shows(t, "another model after it", usual{96, 64, 30, 3, 1})
	})
}
