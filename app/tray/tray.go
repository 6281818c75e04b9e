package tray

import "slices"

// Tray holds the candidates of the last runs, oldest first.
type Tray struct {
	Candidates []*Candidate
	Selected   int  // -1 for none
	Comparing  bool // the picture before is shown
	// Held: the artist looks at the selected one while a run is under way, so the run's next does not take its place.
	Held bool

	hooks Hooks
	gone  []discarded // what Undo restores, the last on top
	back  []discarded // and Redo discards again
	left  []left      // what the tray held when a candidate was kept, the last on top
	again []left      // and Redo takes out again
}

// Hooks connect a tray to the program.
type Hooks struct {
	Changed  func(undo bool)       // candidates or which is selected; undo: and what Undo does
	Together func() (end func())   // in between, the state may be inconsistent
	Accept   func(*Candidate) bool // a candidate is kept: composite it into the document; false: there is no memory for it
	Steps    func() int            // how many steps of the document can be undone
	Last     func() any            // the last of them, to tell it from others; nil: there is none
	Active   func() bool           // a run is under way
}

// New is an empty tray. All hooks are needed.
func New(h Hooks) *Tray { return &Tray{Selected: -1, hooks: h} }

// Current is the selected candidate, or nil.
func (t *Tray) Current() *Candidate {
	if t.Selected < 0 || t.Selected >= len(t.Candidates) {
		return nil
	}
	return t.Candidates[t.Selected]
}

// Siblings are the candidates of the selected one's run, or all if it is the only one.
func (t *Tray) Siblings() []*Candidate {
	c := t.Current()
	if c == nil {
		return t.Candidates
	}
	var out []*Candidate
	for _, o := range t.Candidates {
		if o.Run == c.Run {
			out = append(out, o)
		}
	}
	if len(out) < 2 {
		return t.Candidates
	}
	return out
}

// Select shows the i-th candidate in place; -1 shows none.
func (t *Tray) Select(i int) {
	i = min(max(i, -1), len(t.Candidates)-1)
	held := t.hooks.Active() && i >= 0
	if i != t.Selected || held != t.Held {
		t.Selected, t.Held = i, held
		t.hooks.Changed(false)
	}
}

// Release goes back to following the run under way.
func (t *Tray) Release() {
	if t.Held {
		t.Held = false
		t.hooks.Changed(false)
	}
}

// Next and Previous step through the candidates, around the ends.
func (t *Tray) Next() { t.step(1) }

// Previous goes backwards.
func (t *Tray) Previous() { t.step(-1) }

func (t *Tray) step(by int) {
	if n := len(t.Candidates); n > 0 {
		t.Select(((max(t.Selected, 0)+by)%n + n) % n)
	}
}

// Compare shows the picture before while on.
func (t *Tray) Compare(on bool) {
	if t.Comparing != on {
		t.Comparing = on
		t.hooks.Changed(false)
	}
}

// Keep composites the selected candidate into the document: one undo step. The tray is emptied; where it
// held others, undoing that step brings back all.
func (t *Tray) Keep() {
	defer t.hooks.Together()()
	c := t.Current()
	if c == nil {
		return
	}
	before := *t
	t.Empty()
	if !t.hooks.Accept(c) {
		*t = before
	} else {
		t.leave(before.Candidates)
	}
	t.hooks.Changed(false)
}

// Discard drops the selected candidate. It stays in the history.
func (t *Tray) Discard() {
	if t.Current() == nil {
		return
	}
	i := t.Selected
	t.gone, t.back = append(t.gone, discarded{t.Current(), i, t.hooks.Steps()}), nil
	if n := len(t.gone) - mostDiscarded; n > 0 {
		t.gone = append([]discarded(nil), t.gone[n:]...)
	}
	t.take(i)
}

// take removes the i-th candidate.
func (t *Tray) take(i int) {
	t.Candidates = append(t.Candidates[:i:i], t.Candidates[i+1:]...)
	t.Selected = min(i, len(t.Candidates)-1)
	t.Comparing, t.Held = false, false
	t.hooks.Changed(false)
}

// Clear drops all candidates.
func (t *Tray) Clear() {
	t.gone, t.back, t.left, t.again = nil, nil, nil, nil
	if len(t.Candidates) > 0 {
		t.Empty()
		t.hooks.Changed(false)
	}
}

// Empty drops all without notifying.
func (t *Tray) Empty() { t.Candidates, t.Selected, t.Comparing, t.Held = nil, -1, false, false }

// Add appends a result and shows it, unless another is held. It takes the place of what the same run had come to after the same
// steps, before it was stopped and went on.
func (t *Tray) Add(c *Candidate) {
	const most = 32
	if i := slices.IndexFunc(t.Candidates, c.again); i >= 0 {
		t.Candidates = slices.Delete(slices.Clone(t.Candidates), i, i+1)
		switch {
		case t.Selected == i:
			t.Selected = len(t.Candidates)
		case t.Selected > i:
			t.Selected--
		}
	}
	t.Candidates = append(t.Candidates, c)
	if n := len(t.Candidates) - most; n > 0 {
		t.Candidates = append([]*Candidate(nil), t.Candidates[n:]...)
		t.Selected = max(t.Selected-n, 0)
	}
	if !t.Held {
		t.Selected, t.Comparing = len(t.Candidates)-1, false
	}
	t.hooks.Changed(false)
}
