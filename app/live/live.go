// Package live is the state of the live picture: which pass is to be made next, which is stale, and what is shown. It
// has no models and no clock of its own. Start with Follower.
package live

import (
	"context"
	"image"
	"time"
)

// Rest is how long the canvas must have stayed as it is before a whole pass is worth its time.
const Rest = 700 * time.Millisecond

// Follower decides what is made. Quick passes of few steps follow each other while things change: one that is under
// way ends, though it is stale by then, or else nothing would be seen of a long stroke. A full pass is made once
// nothing has changed for Rest, and dropped by the first change.
type Follower struct {
	On      bool
	Picture *image.RGBA     // the newest; nil: none yet
	Frame   image.Rectangle // where it belongs, document coordinates

	version int // of what is followed
	shown   int // the version that Picture is of
	whole   bool
	changed time.Time
	passes  int
	under   *Pass // way
	cancel  context.CancelFunc
}

// Pass is one picture to be made.
type Pass struct {
	Number  int
	Whole   bool // all steps, not few
	version int
}

// Start turns it on, or off: then nothing of it is left.
func (f *Follower) Start(on bool, now time.Time) {
	f.drop()
	*f = Follower{On: on, version: f.version, shown: f.shown, passes: f.passes}
	f.Touch(now)
}

// Touch notes that what is followed has changed.
func (f *Follower) Touch(now time.Time) {
	f.version++
	f.changed = now
	if f.under != nil && f.under.Whole {
		f.drop()
	}
}

// drop has the pass under way end within a step.
func (f *Follower) drop() {
	if f.cancel != nil {
		f.cancel()
	}
}

// Yield drops the pass under way, whatever it is: something else is to have the model.
func (f *Follower) Yield() { f.drop() }

// Next is the pass that is to be made now; false where there is none, and then how long until there may be one: 0 for never.
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

// Began notes that a pass is under way; cancel ends it.
func (f *Follower) Began(p Pass, cancel context.CancelFunc) { f.under, f.cancel = &p, cancel }

// Done takes a pass's picture, nil where it was dropped; false where it is nothing to be shown.
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

// Failed gives up: there would be no end of failures.
func (f *Follower) Failed(number int) bool {
	if f.under == nil || f.under.Number != number {
		return false
	}
	f.under, f.cancel = nil, nil
	f.On = false
	return true
}
