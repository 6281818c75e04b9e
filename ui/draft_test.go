package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine"
)

// The control counts steps that reuse; the request counts from one full step to the next. It is off at first.
func TestDeepCache(t *testing.T) {
	w := window(t, Options{})
	p := w.panel
	p.advanced.Open(true)
	if p.draft.reuse.slider.Value != 0 || w.studio.Settings.DeepCache != 0 || !strings.Contains(p.draft.caption.Text, "Off") {
		t.Errorf("at first %v, %d, %q", p.draft.reuse.slider.Value, w.studio.Settings.DeepCache, p.draft.caption.Text)
	}
	for typed, want := range map[string]int{"1": 2, "3": 4, "9": 5, "0": 0} {
		typeOver(w, p.draft.reuse.entry, typed)
		w.win.Canvas().Unfocus()
		w.refresh(app.ChangedSettings)
		if got := w.studio.Settings.DeepCache; got != want {
			t.Errorf("%s typed: every %d, want %d", typed, got, want)
		}
		if drafts := strings.Contains(p.draft.caption.Text, "1 of"); drafts != (want > 0) {
			t.Errorf("%s typed: said %q", typed, p.draft.caption.Text)
		}
	}
}

// The switches of a model are there as soon as it is chosen, also while another is open, and stay when it is opened.
func TestSwitchesBeforeTheModelIsOpen(t *testing.T) {
	a := testApp(t)
	s, err := app.New(app.Options{Post: fyne.Do, Load: func(ctx context.Context, _ app.ModelInfo) (app.Generator, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, Models: []app.ModelInfo{{Name: "emoji", Dir: "emoji", Width: 256, Height: 256, Verifier: true, Draft: 4, Opacity: true}, {Name: "plain", Dir: "plain"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := New(a, s, Options{})
	p := w.panel
	p.advanced.Open(true)
	for _, facts := range []engine.Facts{{}, {Name: "plain", Text: true}, {Name: "emoji", Text: true, Opacity: true, Draft: engine.Draft{Steps: 9}}} {
		for _, name := range []string{"emoji", "plain"} {
			s.Facts = facts
			s.Open(name)
			w.refresh(app.ChangedModel | app.ChangedSettings)
			both := name == "emoji"
			if p.draft.draft.Visible() != both || p.search.cut.Visible() != both || p.search.best.Visible() != both || both && !strings.Contains(p.draft.on.Text, "4 steps") {
				t.Errorf("%q chosen, %q open: draft %v (%s), cut out %v, best of %v", name, facts.Name, p.draft.draft.Visible(), p.draft.on.Text, p.search.cut.Visible(), p.search.best.Visible())
			}
		}
	}
}

// A model with a distilled denoiser has a switch in place of the number; while it is on, what the draft decides by itself is hidden.
func TestDraft(t *testing.T) {
	w := window(t, Options{})
	p, s := w.panel, w.studio
	p.advanced.Open(true)
	if p.draft.draft.Visible() || !p.draft.reuse.box.Visible() {
		t.Error("a model without few steps has the switch, or no number")
	}
	s.Facts = engine.Facts{Name: "quick", Text: true, Guided: true, Steps: 25, Draft: engine.Draft{Steps: 4, Guidance: 1}}
	p.refresh(app.ChangedModel)
	if !p.draft.draft.Visible() || p.draft.reuse.box.Visible() || p.draft.caption.Visible() || !strings.Contains(p.draft.on.Text, "4 steps") {
		t.Errorf("a model with few steps has no switch, or the number too: %q", p.draft.on.Text)
	}
	p.draft.on.SetChecked(true)
	if !s.Settings.Draft || p.steps.box.Visible() || p.guidanceRow.Visible() || p.ownSteps.Visible() || !strings.HasSuffix(s.Plan(), ", 4 steps") {
		t.Errorf("switched on: %v, %q", s.Settings.Draft, s.Plan())
	}
	p.draft.on.SetChecked(false)
	if s.Settings.Draft || !p.steps.box.Visible() || !p.guidanceRow.Visible() || !p.ownSteps.Visible() {
		t.Error("switched off, something stays hidden")
	}
	s.Set(func(t *app.Settings) { t.Draft = true })
	s.Facts = engine.Facts{Name: "plain", Text: true, Guided: true}
	if p.refresh(app.ChangedModel); s.Scene().Drafts() || !p.steps.box.Visible() {
		t.Error("another model takes over the draft that it does not have")
	}
}
