// Package xray is what the artist looks into: an evaluation of the network with the prompt and without, and where each word
// acts. A View says what is to be looked into, and holds what was seen last. Nothing is held while it is off.
package xray

import (
	"context"

	"nirvana/app/worker"
	"nirvana/engine"
)

// Place is a step of a run's picture.
type Place struct {
	Run           *worker.Run
	Picture, Step int
}

// View is the X-ray as a value of the studio's. Its methods are the owner's.
type View struct {
	On   bool
	Seen *engine.XRay // of the step that was asked for last; nil: not yet
	Err  error        // why it cannot be seen
	// Waits: a run is under way, which is paused first, or ends.
	Waits bool

	asked  Place
	id     int
	cancel context.CancelFunc // of what is under way; nil: nothing is, or it ends by itself
	ending bool               // what the model holds for it is to be freed
}

// Wants reports whether a place is to be looked into that was not yet.
func (v *View) Wants(p Place) bool { return v.On && (v.asked != p || v.Waits) }

// Ask notes that a place is looked into, and gives the number of the answer. What was asked before does not count any more.
func (v *View) Ask(p Place) (id int) {
	v.stop()
	v.asked, v.Seen, v.Err, v.Waits = p, nil, nil, false
	v.id++
	return v.id
}

// Under notes how what is under way is ended.
func (v *View) Under(cancel context.CancelFunc) { v.cancel = cancel }

// Wait notes that a place cannot be looked into before a run is paused or ends.
func (v *View) Wait(p Place) (news bool) {
	news = !v.Waits || v.asked != p
	v.asked, v.Waits, v.Seen, v.Err = p, true, nil, nil
	return news
}

// Yield ends what is under way for a run that waits; it is asked for again later.
func (v *View) Yield() {
	if v.cancel != nil {
		v.stop()
		v.asked = Place{}
	}
}

// Refuse notes why a place cannot be looked into.
func (v *View) Refuse(p Place, err error) { v.Ask(p); v.Err = err }

// Take takes an answer over; false where it is of something else than what is asked for now.
func (v *View) Take(e worker.XRayed) bool {
	if !v.On || e.ID != v.id {
		return false
	}
	v.cancel = nil
	if v.Err = e.Err; e.Err == nil {
		v.Seen = &e.XRay
	}
	return true
}

// Switch switches it on or off; off forgets what was seen.
func (v *View) Switch(on bool) {
	v.stop()
	*v = View{On: on, id: v.id + 1, ending: !on && v.On || v.ending && !on}
}

// Ends reports, once, that what the model holds for it is to be freed.
func (v *View) Ends() bool {
	ends := v.ending
	v.ending = false
	return ends
}

func (v *View) stop() {
	if v.cancel != nil {
		v.cancel()
		v.cancel = nil
	}
}
