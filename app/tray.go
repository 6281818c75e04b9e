package app

import "image"

// Candidate is a result that waits to be kept or discarded.
type Candidate struct {
	// Picture fills Frame: what the document will look like there. Pixels that
	// stay as they are are the document's own.
	Picture *image.RGBA
	Frame   image.Rectangle // document coordinates
	Recipe  Recipe
	Seed    int64
	Mode    Mode
	Partial bool // stopped before its last step
	// Seam is the mismatch along the mask's boundary as a multiple of the
	// picture's own nearby; 0 where there is no boundary.
	Seam float64
	// Stored is the history's id, 0 when it is not there.
	Stored int64

	raw   *image.RGBA // of Frame's size, as the model made it
	alpha *image.Gray // how much of it counts; nil: all
	job   job         // that made it
	// replaces: kept, it becomes the whole document.
	replaces bool
}

// Tray holds the candidates of the last runs, oldest first.
type Tray struct {
	Candidates []*Candidate
	Selected   int  // -1 for none
	Comparing  bool // what was there before is shown

	studio *Studio
}

// Current is the selected candidate, or nil.
func (t *Tray) Current() *Candidate {
	if t.Selected < 0 || t.Selected >= len(t.Candidates) {
		return nil
	}
	return t.Candidates[t.Selected]
}

// Select shows the i-th candidate in place; -1 shows none.
func (t *Tray) Select(i int) {
	i = min(max(i, -1), len(t.Candidates)-1)
	if i != t.Selected {
		t.Selected = i
		t.studio.changed(ChangedTray)
	}
}

// Next and Previous step through the candidates, around the ends.
func (t *Tray) Next() { t.step(1) }

// Previous is the other way.
func (t *Tray) Previous() { t.step(-1) }

func (t *Tray) step(by int) {
	if n := len(t.Candidates); n > 0 {
		t.Select(((max(t.Selected, 0)+by)%n + n) % n)
	}
}

// Compare shows what was there before while on.
func (t *Tray) Compare(on bool) {
	if t.Comparing != on {
		t.Comparing = on
		t.studio.changed(ChangedTray)
	}
}

// Keep pastes the selected candidate into the document: one undo step. The
// tray is emptied.
func (t *Tray) Keep() {
	c := t.Current()
	if c == nil {
		return
	}
	t.Candidates, t.Selected, t.Comparing = nil, -1, false
	t.studio.Document.accept(c)
	t.studio.changed(ChangedTray)
}

// Discard drops the selected candidate. It stays in the history.
func (t *Tray) Discard() {
	if t.Current() == nil {
		return
	}
	i := t.Selected
	t.Candidates = append(t.Candidates[:i:i], t.Candidates[i+1:]...)
	t.Selected = min(i, len(t.Candidates)-1)
	t.Comparing = false
	t.studio.changed(ChangedTray)
}

// Clear drops all candidates.
func (t *Tray) Clear() {
	if len(t.Candidates) > 0 {
		t.Candidates, t.Selected, t.Comparing = nil, -1, false
		t.studio.changed(ChangedTray)
	}
}

// add puts a result at the end and shows it.
func (t *Tray) add(c *Candidate) {
	const most = 32
	t.Candidates = append(t.Candidates, c)
	if n := len(t.Candidates) - most; n > 0 {
		t.Candidates = append([]*Candidate(nil), t.Candidates[n:]...)
	}
	t.Selected, t.Comparing = len(t.Candidates)-1, false
	t.studio.changed(ChangedTray)
}
