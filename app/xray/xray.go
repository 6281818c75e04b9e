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
	Seen *engine.XRay // of the last requested step; nil: not computed yet
	Err  error        // why it could not be computed
	// Waits means that the model is busy until the current run is paused or ends.
	Waits bool

	requested Place
	id        int
	cancel    context.CancelFunc // cancels the computation; nil: there is none, or it ends by itself
	ending    bool               // what the model holds for it is to be freed
}

// Wants reports whether a place has to be requested.
func (v *View) Wants(p Place) bool { return v.On && (v.requested != p || v.Waits) }

// Ask notes that a place is requested, and returns the id of its result. Results of earlier requests are ignored.
func (v *View) Ask(p Place) (id int) {
	v.stop()
	v.requested, v.Seen, v.Err, v.Waits = p, nil, nil, false
	v.id++
	return v.id
}

// Under sets the function that cancels the computation.
func (v *View) Under(cancel context.CancelFunc) { v.cancel = cancel }

// Wait notes that a place must wait until the current run is paused or ends.
func (v *View) Wait(p Place) (news bool) {
	news = !v.Waits || v.requested != p
	v.requested, v.Waits, v.Seen, v.Err = p, true, nil, nil
	return news
}

// Yield cancels the computation because a run is waiting; it is requested again later.
func (v *View) Yield() {
	if v.cancel != nil {
		v.stop()
		v.requested = Place{}
	}
}

// Refuse sets the error of a place.
func (v *View) Refuse(p Place, err error) { v.Ask(p); v.Err = err }

// Take stores a result; false if it is not that of the last request.
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
