package keep

import (
	"sync"

	"nirvana/app/notice"
)

// Recorder is the owner's side of a Keeper: it notes which parts of the state have changed, and passes a snapshot of
// them to the keeper once the state is consistent. Its methods are the owner's.
type Recorder struct {
	Keeper *Keeper

	hooks  Hooks
	strip  *notice.Strip
	dirty  What // not yet passed to the keeper
	nested int  // see Together
	unkept *notice.Notice
	writes sync.WaitGroup // of project files
}

// Hooks connect a recorder to the program. All are required.
type Hooks struct {
	Post     func(func())                                                     // runs a function on the owner
	Snapshot func(what What, lacks func(id int64, version int) bool) Snapshot // of parts of the state, as it is
	Redrawn  func()                                                           // mask and scribble may have changed anywhere
	Saved    func()                                                           // everything is on the disk again after a failure
	Changed  func()                                                           // another answer of Kept
}

// NewRecorder is a recorder without a keeper. It reports to the artist through a strip.
func NewRecorder(strip *notice.Strip, h Hooks) *Recorder { return &Recorder{strip: strip, hooks: h} }

// Note passes what changed to the keeper, in its current state; within Together, at its end.
func (r *Recorder) Note(what What) {
	if what == 0 {
		return
	}
	r.dirty |= what
	if what&Document != 0 {
		r.hooks.Redrawn()
	}
	r.handOver()
}

// Inked notes a stroke under way: it may take long, and is saved meanwhile.
func (r *Recorder) Inked() {
	r.dirty |= Document
	r.handOver()
}

func (r *Recorder) handOver() {
	k := r.Keeper
	if r.nested > 0 || r.dirty == 0 || k.Writable() == nil {
		return
	}
	what := r.dirty
	r.dirty = 0
	k.Put(r.hooks.Snapshot(what, func(id int64, version int) bool { return !k.Has(id, version) }))
}

// Together has the changes up to a call of its result kept as one: in between, the state may be inconsistent.
func (r *Recorder) Together() (end func()) {
	r.nested++
	return func() {
		r.nested--
		r.handOver()
	}
}

// Heard handles the results of writing.
func (r *Recorder) Heard(err error) {
	switch {
	case err != nil && (r.unkept == nil || r.strip.Notice == nil):
		k := r.Keeper
		r.strip.Fail("The last changes could not be saved", err, "Try again", func() { go k.Retry(true) })
		r.unkept = r.strip.Notice
	case err == nil && r.unkept != nil:
		was := r.unkept
		r.unkept = nil
		r.strip.Done(was)
		r.hooks.Changed()
		r.hooks.Saved()
	}
}

// Kept is whether changes are saved.
type Kept int

const (
	Never  Kept = iota // in memory only, or another studio writes the journal
	Later              // the journal cannot be written just now
	Always             // within a moment
)

// Kept reports whether changes are saved now.
func (r *Recorder) Kept() Kept {
	switch {
	case r.Keeper.Writable() == nil:
		return Never
	case r.unkept != nil:
		return Later
	}
	return Always
}

// Write writes a project file on a goroutine that Flush waits for, and then calls after.
func (r *Recorder) Write(write func() error, then func(error)) {
	writes, post := &r.writes, r.hooks.Post
	writes.Add(1)
	go func() {
		defer writes.Done()
		err := write()
		post(func() { then(err) })
	}()
}

// Wait waits for the project files that are being written.
func (r *Recorder) Wait() { r.writes.Wait() }

// Flush writes what is pending, and returns when it is on the disk.
func (r *Recorder) Flush() error {
	k := r.Keeper
	if k.Writable() == nil || k.Quiet() && r.dirty == 0 {
		return nil
	}
	r.writes.Wait() // what the journal is held for
	r.Note(All)
	return k.Finish()
}
