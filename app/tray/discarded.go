package tray

import "slices"

// Undo restores discarded candidates, in order with the document's undo steps: a discard has the number of steps at its time.

// discarded is a discarded candidate and its position.
type discarded struct {
	c     *Candidate
	at    int // its place
	after int // steps of undo
}

// mostDiscarded are kept for Undo: each holds its picture.
const mostDiscarded = 16

// mayReturn reports whether the last of a list is next: no edit of the document was made or undone since.
func (t *Tray) mayReturn(list []discarded) bool {
	n := len(list)
	return n > 0 && list[n-1].after == t.hooks.Steps()
}

// MayReturn reports whether Undo brings a discarded candidate back, and whether Redo discards one again.
func (t *Tray) MayReturn() (undo, redo bool) { return t.mayReturn(t.gone), t.mayReturn(t.back) }

// BringBack restores the last discarded candidate, if discarding it was the last action.
func (t *Tray) BringBack() bool {
	if !t.mayReturn(t.gone) {
		return false
	}
	n := len(t.gone) - 1
	d := t.gone[n]
	t.gone, t.back = t.gone[:n], append(t.back, d)
	i := min(d.at, len(t.Candidates))
	t.Candidates = slices.Insert(slices.Clone(t.Candidates), i, d.c)
	t.Selected, t.Comparing = i, false
	t.hooks.Changed(true)
	return true
}

// DiscardAgain is Redo.
func (t *Tray) DiscardAgain() bool {
	if !t.mayReturn(t.back) {
		return false
	}
	n := len(t.back) - 1
	d := t.back[n]
	t.back = t.back[:n]
	i := slices.Index(t.Candidates, d.c)
	if i < 0 {
		return false
	}
	t.gone = append(t.gone, d)
	t.take(i)
	return true
}
