// Package live is the state of the live picture: the next pass, which passes are stale, and what is shown. It has no
// models and no clock of its own. Start with Follower.
package live

import (
	"context"
	"image"
	"time"
)

// Rest is how long the canvas must be unchanged before a full pass is made.
const Rest = 700 * time.Millisecond

// Follower decides which pass is made. Quick passes of few steps follow each other while things change: a pass ends
// although it is stale by then, since otherwise nothing would be seen during a long stroke. A full pass is made once
// nothing has changed for Rest, and dropped by the first change.
type Follower struct {
	On      bool
	Picture *image.RGBA     // the newest; nil: none yet
	Frame   image.Rectangle // where it belongs, document coordinates

	version int // of the canvas and settings
	shown   int // the version of Picture
	whole   bool
	changed time.Time
	passes  int
	under   *Pass // in progress
	cancel  context.CancelFunc
}

// Pass is one picture to be made.
type Pass struct {
	Number  int
	Whole   bool // all steps instead of few
	version int
}

// Start turns it on or off; off discards everything.
func (f *Follower) Start(on bool, now time.Time) {
	f.drop()
	*f = Follower{On: on, version: f.version, shown: f.shown, passes: f.passes}
	f.Touch(now)
}

// Touch notes that canvas or settings have changed.
func (f *Follower) Touch(now time.Time) {
	f.version++
	f.changed = now
	if f.under != nil && f.under.Whole {
		f.drop()
	}
}

// drop cancels the current pass, which ends within a step.
func (f *Follower) drop() {
	if f.cancel != nil {
		f.cancel()
	}
}

// Yield drops the current pass, quick or full: something else needs the model.
func (f *Follower) Yield() { f.drop() }

// Next is the pass to be made now; false if there is none, with the time until there may be one, 0 for never.
func (f *Follower) Next(now time.Time, wholes bool) (p Pass, ok bool, wait time.Duration) {
	switch {
	case !f.On || f.under != nil:
		return p, false, 0
	case f.version != f.shown:
		p = Pass{Whole: false}
	case f.whole || !wholes || f.Picture == nil:
		return p, false, 0
	case now.Sub(f.changed) < Rest:
		return p, false, Rest - now.Sub(f.changed)
	default:
		p.Whole = true
	}
	f.passes++
	p.Number, p.version = f.passes, f.version
	return p, true, 0
}

// Began notes that a pass has started; cancel ends it.
func (f *Follower) Began(p Pass, cancel context.CancelFunc) { f.under, f.cancel = &p, cancel }

// Done receives a pass's picture, nil if it was dropped; it returns false if there is nothing to show.
func (f *Follower) Done(number int, img *image.RGBA, frame image.Rectangle) bool {
	p := f.under
	if p == nil || p.Number != number {
		return false
	}
	f.under, f.cancel = nil, nil
	if !f.On || img == nil {
		return false
	}
	f.Picture, f.Frame, f.shown, f.whole = img, frame, p.version, p.Whole
	return true
}

// Failed turns it off: every pass would fail.
func (f *Follower) Failed(number int) bool {
	if f.under == nil || f.under.Number != number {
		return false
	}
	f.under, f.cancel = nil, nil
	f.On = false
	return true
}
