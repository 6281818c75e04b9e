package ui

import (
	"strings"
	"testing"
)

// The draft control counts steps that reuse; the request counts from one whole step to the next. It is off at first.
func TestDraft(t *testing.T) {
	w := window(t, Options{})
	p := w.panel
	if p.draft.slider.Value != 0 || w.studio.Settings.Draft != 0 || !strings.Contains(p.drafted.Text, "off") {
		t.Errorf("at first %v, %d, %q", p.draft.slider.Value, w.studio.Settings.Draft, p.drafted.Text)
	}
	for typed, want := range map[string]int{"1": 2, "3": 4, "9": 5, "0": 0} {
		p.draft.entry.SetText(typed)
		if got := w.studio.Settings.Draft; got != want {
			t.Errorf("%s typed: every %d, want %d", typed, got, want)
		}
		if whole := strings.Contains(p.drafted.Text, "1 whole step"); whole != (want > 0) {
			t.Errorf("%s typed: said %q", typed, p.drafted.Text)
		}
	}
}
