package app

import (
	"image"
	"math"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/engine/pixel"
)

// Candidate is a result that waits to be kept or discarded.
type Candidate struct {
	// Picture fills Frame: what the document will look like there. Pixels that
	// stay as they are are the document's own.
	Picture *image.RGBA
	Frame   image.Rectangle // document coordinates
	Recipe  Recipe
	Seed    uint64
	Mode    Mode
	Partial bool // stopped before its last step
	// Seam is the mismatch along the mask's boundary as a multiple of the
	// picture's own nearby; 0 where there is no boundary.
	Seam float64
	// Stored is the history's id, 0 when it is not there.
	Stored int64
	// Run is the ID of the run that made it, Number which of its pictures it is, from 0.
	Run, Number int

	raw   *image.RGBA // of Frame's size, as the model made it
	alpha *image.Gray // how much of it counts; nil: all
	small *image.RGBA // see Small
	job   job.Job     // that made it
	// replaces: kept, it becomes the whole document.
	replaces bool
	canvas   *document.Canvas // that its run began from, until the history has it
	document int              // the serial of the one that it was made for
}

// candidate is a result as the tray holds it.
func candidate(r job.Result) *Candidate {
	return &Candidate{Picture: r.Picture, Frame: r.Job.Frame, Recipe: r.Job.Recipe, Seed: r.Job.Recipe.Seed, Mode: r.Job.Mode, Partial: r.Partial, Seam: r.Seam,
		raw: r.Raw, alpha: r.Alpha, small: r.Small, job: r.Job, replaces: r.Job.Replaces}
}

// SeamShows says whether the boundary shows at all, to the two decimals it is told with: at or below 1 it is
// like any other line of the picture, and painting it again more often harms than helps.
func (c *Candidate) SeamShows() bool { return math.Round(100*c.Seam) > 100 }

// Small is the picture for lists, made at the first call.
func (c *Candidate) Small() *image.RGBA {
	if c.small == nil {
		c.small = pixel.Thumbnail(c.Picture, job.SmallSide)
	}
	return c.small
}

// Tray holds the candidates of the last runs, oldest first.
type Tray struct {
	Candidates []*Candidate
	Selected   int  // -1 for none
	Comparing  bool // what was there before is shown
	// Held: the artist looks at the selected one while a run is under way, so the run's next does not take its place.
	Held bool

	studio *Studio
	gone   []discarded // what Undo brings back, the last on top
	back   []discarded // and Redo discards again
}

// Current is the selected candidate, or nil.
func (t *Tray) Current() *Candidate {
	if t.Selected < 0 || t.Selected >= len(t.Candidates) {
		return nil
	}
	return t.Candidates[t.Selected]
}

// Siblings are the candidates of the selected one's run, or all where it is alone.
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
	held := t.studio.run.Active() && i >= 0
	if i != t.Selected || held != t.Held {
		t.Selected, t.Held = i, held
		t.studio.changed(ChangedTray)
	}
}

// Release goes back to following the run under way.
func (t *Tray) Release() {
	if t.Held {
		t.Held = false
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
	defer t.studio.together()()
	c := t.Current()
	if c == nil {
		return
	}
	t.empty()
	t.studio.accept(c)
	t.studio.changed(ChangedTray)
}

// Discard drops the selected candidate. It stays in the history.
func (t *Tray) Discard() {
	if t.Current() == nil {
		return
	}
	i := t.Selected
	t.gone, t.back = append(t.gone, discarded{t.Current(), i, t.undoSteps()}), nil
	if n := len(t.gone) - mostDiscarded; n > 0 {
		t.gone = append([]discarded(nil), t.gone[n:]...)
	}
	t.take(i)
}

// take takes the i-th candidate out.
func (t *Tray) take(i int) {
	t.Candidates = append(t.Candidates[:i:i], t.Candidates[i+1:]...)
	t.Selected = min(i, len(t.Candidates)-1)
	t.Comparing, t.Held = false, false
	t.studio.changed(ChangedTray)
}

// Clear drops all candidates.
func (t *Tray) Clear() {
	t.gone, t.back = nil, nil
	if len(t.Candidates) > 0 {
		t.empty()
		t.studio.changed(ChangedTray)
	}
}

func (t *Tray) empty() { t.Candidates, t.Selected, t.Comparing, t.Held = nil, -1, false, false }

// add puts a result at the end and shows it, unless another is held.
func (t *Tray) add(c *Candidate) {
	const most = 32
	t.Candidates = append(t.Candidates, c)
	if n := len(t.Candidates) - most; n > 0 {
		t.Candidates = append([]*Candidate(nil), t.Candidates[n:]...)
		t.Selected = max(t.Selected-n, 0)
	}
	if !t.Held {
		t.Selected, t.Comparing = len(t.Candidates)-1, false
	}
	t.studio.changed(ChangedTray)
}
