package tray

import "slices"

// left is what the tray held when one of several candidates was kept. Those of a search that stopped early are nowhere
// else: the history has finished pictures only.
type left struct {
	candidates []*Candidate
	step       any // the document's that kept the candidate
}

// mostLeft are the candidates that are held for Undo: each holds its picture.
const mostLeft = 32

// leave holds what the tray held, and lets go of the oldest beyond mostLeft; of the last it holds all.
func (t *Tray) leave(candidates []*Candidate) {
	t.again = nil
	if len(candidates) < 2 {
		return
	}
	t.left = append(slices.Clone(t.left), left{candidates, t.hooks.Last()})
	held := 0
	for i, l := range slices.Backward(t.left) {
		if held += len(l.candidates); held > mostLeft && i < len(t.left)-1 {
			t.left = t.left[i+1:]
			return
		}
	}
}

// Left is how many results, besides the one that was kept, the next Undo brings back.
func (t *Tray) Left() int {
	if n := len(t.left); n > 0 && t.left[n-1].step == t.hooks.Last() {
		return len(t.left[n-1].candidates) - 1
	}
	return 0
}

// Unkept is called when a step of the document was undone: if that was Keep's, the tray holds again what it held, and
// shows none of it.
func (t *Tray) Unkept(step any) {
	n := len(t.left) - 1
	if n < 0 || t.left[n].step != step {
		return
	}
	l := t.left[n]
	t.left, t.again = t.left[:n:n], append(slices.Clone(t.again), l)
	t.Candidates = append(slices.Clone(l.candidates), t.Candidates...)
	t.Selected, t.Comparing, t.Held = -1, false, false
	t.hooks.Changed(true)
}

// KeptAgain is called when a step of the document was done again: if that was Keep's, what Unkept brought leaves the tray.
func (t *Tray) KeptAgain() {
	n := len(t.again) - 1
	if n < 0 || t.again[n].step != t.hooks.Last() {
		return
	}
	l := t.again[n]
	t.left, t.again = append(slices.Clone(t.left), l), t.again[:n:n]
	t.Candidates = slices.DeleteFunc(slices.Clone(t.Candidates), func(c *Candidate) bool { return slices.Contains(l.candidates, c) })
	t.Selected, t.Comparing, t.Held = -1, false, false
	t.hooks.Changed(true)
}
