// Package timeline has the run whose steps are shown, and the actions from a step: branching, continuing a stopped
// run, grafting a picture's step into another run, and the related branches. Start with Timeline.
package timeline

import (
	"image"
	"path/filepath"

	"nirvana/app/disk"
	"nirvana/app/gallery"
	"nirvana/app/notice"
	"nirvana/app/past"
	"nirvana/app/queue"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Timeline finds the shown run. Its methods are the owner's.
type Timeline struct {
	// Paths are the stored steps of pictures.
	Paths *trajectory.Store

	in    Studio
	hooks Hooks
	past  *past.Runs // runs read from Paths
}

// Studio is the part of the studio that a timeline uses.
type Studio struct {
	Sight *tray.Sight
	Runs  *queue.Runs
	*gallery.Gallery
	*worker.Door
	*notice.Strip
}

// Hooks connect a timeline to the program. All are required.
type Hooks struct {
	Changed func()                                                             // another step is shown, or its numbers have been read
	Panel   func(refined bool) engine.Request                                  // the panel's settings as a request to the open model
	Submit  func(*worker.Run)                                                  // appends a run to the queue
	Journal func(run int) func(picture int, s engine.Step) (engine.Step, bool) // reads steps of a run from the journal
	Overlap func() int                                                         // of outpaints, px
	Bound   func() (pictures int, bytes int64)                                 // for how many pictures the steps are kept, and how much room they may take
}

// New is a timeline whose paths are in memory. Its studio may be completed until its first use.
func New(in Studio, h Hooks) *Timeline {
	t := &Timeline{in: in, hooks: h}
	t.OpenPaths(disk.OS{}, "")
	return t
}

// OpenPaths opens the stored steps in a data folder; "" keeps them in memory.
func (t *Timeline) OpenPaths(sys disk.System, home string) {
	if home != "" {
		home = filepath.Join(home, "steps")
	}
	t.Paths = trajectory.Open(sys, home)
	t.past = &past.Runs{Beside: t.background(), Store: t.Paths}
}

// BoundPaths drops steps beyond the bounds, in the background.
func (t *Timeline) BoundPaths() {
	paths := t.Paths
	pictures, bytes := t.hooks.Bound()
	t.in.Aside(func() { paths.Bound(pictures, bytes) })
}

// StepsTaken is the number of pictures whose steps are stored, and their size in bytes. It may be called on any goroutine.
func (t *Timeline) StepsTaken() (pictures int, bytes int64) { return t.Paths.Taken() }

func (t *Timeline) background() past.Beside {
	return past.Beside{Aside: t.in.Aside, Post: t.in.Post, Changed: t.hooks.Changed}
}

// Adopt connects a run to the studio. Steps dropped from memory are read from the journal.
func (t *Timeline) Adopt(r *worker.Run) {
	read := t.hooks.Journal(r.ID)
	r.Attach(worker.Hooks{
		Here: func(document int) bool { return document == t.in.Sight.Document.Serial },
		Showing: func(another bool) {
			t.in.Sight.Tray.Release()
			if another {
				t.hooks.Changed()
			}
		},
		Past: (&past.Steps{Beside: t.background(), Read: read}).Get, Read: read})
}

// Path is the run whose steps the timeline shows: the current one, that of the selected candidate, or that of the
// picture on the canvas; nil if there is none, or it has not been read yet.
func (t *Timeline) Path() *worker.Run {
	tray, d := t.in.Sight.Tray, t.in.Sight.Document
	c, r := tray.Current(), t.in.Runs.Run()
	switch {
	case r.Coming() && !tray.Held:
		return r
	case c == nil && t.ofDocument(r):
		return r
	case c == nil && d.Recipe == nil:
		return nil
	case c == nil:
		made, frame := d.Recipe, d.Frame
		if p := d.Picture; p != nil {
			if frame = p.Rect; len(made.Frame) > 0 {
				frame, _ = made.FrameIn(p.Rect)
			}
		}
		return placed(t.past.Of(trajectory.Key(made.StepHashes())), frame, nil)
	}
	key := trajectory.Key(c.Recipe.StepHashes())
	if t.ofDocument(r) && (r.Key == key || r.Key == "" && r.ID == c.Run && r.Index == c.Number) {
		return r
	}
	return placed(t.past.Of(key), c.Frame, c)
}

// ofDocument reports whether a run has steps and was made for the picture on the canvas.
func (t *Timeline) ofDocument(r *worker.Run) bool {
	searched := r != nil && r.Job.BestOf > 1 && !r.Coming() // its pictures have separate paths, one per seed
	return r != nil && len(r.Steps) > 0 && r.Document == t.in.Sight.Document.Serial && !searched
}

// placed moves an earlier run to where its picture is now.
func placed(r *worker.Run, frame image.Rectangle, c *tray.Candidate) *worker.Run {
	if r == nil {
		return nil
	}
	r.Frame = frame
	if last := len(r.Steps) - 1; c != nil && !c.Partial && last >= 0 && r.Steps[last].Pictures == nil {
		r.Steps[last].Pictures = []*image.RGBA{c.Raw}
	}
	return r
}

// PathKept notes where a picture's steps are stored; a stopped run's picture is replaced by the finished one.
func (t *Timeline) PathKept(r *worker.Run, c *tray.Candidate, e worker.Made) {
	r.Key, r.Job.Recipe.Changes = trajectory.Key(c.Recipe.StepHashes()), c.Recipe.Changes
	t.past.Forget(r.Key)
	if e.Unkept != nil {
		t.in.Fail("The steps of this picture could not be kept", e.Unkept, "", nil)
	}
	if c.Partial {
		r.Unfinished = e.Stored
		return
	}
	if r.Unfinished != 0 {
		t.in.Replaced(r.Unfinished)
		r.Unfinished = 0
	}
}

// say translates a text for the artist.
func (t *Timeline) say(text string) string { return t.in.Say(text) }
