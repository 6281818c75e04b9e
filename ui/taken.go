package ui

import (
	"nirvana/app"
)

// What a picture's recipe replaces in the panel is reported, with one click that restores it.

func (w *Window) usePrompt(r app.Recipe) {
	w.studio.Replacing(say("Prompt replaced by this picture's"), func() {
		w.studio.Set(func(t *app.Settings) { t.Prompt, t.Negative, t.Styles = r.Prompt, r.Negative, nil })
	})
}

func (w *Window) useSeed(r app.Recipe) {
	w.studio.Replacing(sayf("Seed %d is set and locked", r.Seed), func() {
		w.studio.Set(func(t *app.Settings) { t.Seed, t.Locked = r.Seed, true })
	})
}

func (w *Window) use(r app.Recipe) {
	w.studio.Replacing(say("Prompt and settings replaced, seed locked"), func() { w.studio.Use(r) })
}
