package fieldundo

import (
	"testing"

	"nirvana/app/settings"
)

// A field is one step however often it was changed on the way, in its turn among the document's steps.
func TestAStepAField(t *testing.T) {
	var u Undo
	now, steps := settings.Default(), 3
	set := func(change func(*settings.Settings)) {
		was := now
		change(&now)
		u.Set(was, now, steps)
	}
	for _, text := range []string{"a", "a k", "a kite"} {
		set(func(t *settings.Settings) { t.Prompt = text })
	}
	set(func(t *settings.Settings) { t.Theme, t.BrushSize = "light", 99 })
	set(func(t *settings.Settings) { t.Guidance = 5 })
	set(func(t *settings.Settings) { t.Guidance = 6 })
	back := func(want bool) {
		t.Helper()
		var ok bool
		if now, ok = u.Undo(now, steps); ok != want {
			t.Fatalf("undo: %v", ok)
		}
	}
	steps = 4 // a stroke
	back(false)
	steps = 3 // which was taken back
	back(true)
	if now.Guidance != 7.5 || now.Prompt != "a kite" {
		t.Errorf("%g, %q", now.Guidance, now.Prompt)
	}
	back(true)
	if now.Prompt != "" || now.Theme != "light" || now.BrushSize != 99 {
		t.Errorf("%q, %s", now.Prompt, now.Theme)
	}
	back(false)
	for range 2 {
		now, _ = u.Redo(now, steps)
	}
	if now.Prompt != "a kite" || now.Guidance != 6 {
		t.Errorf("redone: %q, %g", now.Prompt, now.Guidance)
	}
	u.Part()
	set(func(t *settings.Settings) { t.Guidance = 9 })
	back(true)
	if now.Guidance != 6 {
		t.Errorf("a step apart goes back to %g", now.Guidance)
	}
	set(func(t *settings.Settings) { t.Guidance = 7.5 })
	if _, redo := u.MayReturn(steps); redo {
		t.Error("what was taken back before a new change can be redone")
	}
	for i := range 200 {
		u.Part()
		set(func(t *settings.Settings) { t.Steps = i + 1 })
	}
	if len(u.done) != most {
		t.Errorf("%d steps are held", len(u.done))
	}
}
