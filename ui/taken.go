package ui

import (
	"nirvana/app"
)

// What a picture's recipe replaces in the panel is reported, and one click restores it: a prompt that was typed is
// work.

func (w *Window) usePrompt(r app.Recipe) {
	w.replacing(say("Prompt replaced by this picture's"), func() {
		w.studio.Set(func(t *app.Settings) { t.Prompt, t.Negative, t.Styles = r.Prompt, r.Negative, nil })
	})
}

func (w *Window) useSeed(r app.Recipe) {
	w.replacing(sayf("Seed %d is set and locked", r.Seed), func() { w.studio.Set(func(t *app.Settings) { t.Seed, t.Locked = r.Seed, true }) })
}

func (w *Window) use(r app.Recipe) {
	w.replacing(say("Prompt and settings replaced, seed locked"), func() { w.studio.Use(r) })
}

// makeAgain reproduces a picture; its prompt, settings and seed stay in the panel afterwards.
func (w *Window) makeAgain(r app.Recipe) {
	before := w.studio.Settings
	w.studio.MakeAgain(r)
	if w.studio.Notice != nil { // it cannot be reproduced
		return
	}
	w.tellReplaced(say("Reproduced with its prompt and settings, seed locked"), before)
}

// replacing does something that replaces settings.
func (w *Window) replacing(headline string, do func()) {
	before := w.studio.Settings
	do()
	w.tellReplaced(headline, before)
}

func (w *Window) tellReplaced(headline string, before app.Settings) {
	s := w.studio
	if s.Settings.Same(before) {
		return
	}
	s.Tell(&app.Notice{Headline: headline, Action: say("Undo"), Do: func() { s.Set(func(t *app.Settings) { t.TakeBack(before) }) }})
}
