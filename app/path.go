package app

import (
	"errors"
	"image"
	"io/fs"
	"path/filepath"
	"slices"

	"nirvana/app/disk"
	"nirvana/app/past"
	"nirvana/app/task"
	"nirvana/app/trajectory"
	"nirvana/app/worker"
	"nirvana/engine"
)

// openPaths opens the steps that are kept beside the pictures.
func (s *Studio) openPaths(folder string) {
	if folder != "" {
		folder = filepath.Join(folder, "steps")
	}
	if s.options.Disk == nil {
		s.options.Disk = disk.OS{}
	}
	s.paths = trajectory.Open(s.options.Disk, folder)
	s.past = &past.Runs{Beside: s.besides(), Store: s.paths}
}

// boundPaths keeps the steps of as many pictures as the settings say.
func (s *Studio) boundPaths() {
	t, paths := s.Settings, s.paths
	s.Aside(func() { paths.Bound(t.StepsOf, int64(t.StepsMegabytes)*1_000_000) })
}

func (s *Studio) besides() past.Beside {
	return past.Beside{Aside: s.Aside, Post: s.Post, Changed: func() { s.changed(ChangedStep) }}
}

// far are the steps of a run whose numbers were dropped.
func (s *Studio) far(r *Run) *past.Steps {
	return &past.Steps{Beside: s.besides(), Read: s.reads(r)}
}

// reads reads a run's steps back from the journal, on any goroutine.
func (s *Studio) reads(r *Run) func(int, engine.Step) (engine.Step, bool) {
	id := r.ID
	return func(picture int, step engine.Step) (engine.Step, bool) {
		return s.Keeper.Past(id, picture, step) // that of now: a run that is restored comes before it
	}
}

// StepsTaken is of how many pictures the steps are kept, and how many bytes they take. It may be called on any goroutine.
func (s *Studio) StepsTaken() (pictures int, bytes int64) { return s.paths.Taken() }

// Path is the run whose steps the timeline shows: the one under way, that of the selected candidate, or that of the picture
// on the canvas; nil where none is known, or not yet.
func (s *Studio) Path() *Run {
	c, r := s.Tray.Current(), s.Run()
	switch {
	case r.Active() && !s.Tray.Held:
		return r
	case c == nil && s.ofDocument(r):
		return r
	case c == nil && s.Document.Recipe == nil:
		return nil
	case c == nil:
		made := s.Document.Recipe
		frame := s.Document.Frame
		if p := s.Document.Picture; p != nil {
			if frame = p.Rect; len(made.Frame) > 0 {
				frame, _ = made.FrameIn(p.Rect)
			}
		}
		return placed(s.past.Of(trajectory.Key(made.Hashes)), frame, nil)
	}
	key := trajectory.Key(c.Recipe.Hashes)
	if s.ofDocument(r) && (r.Key == key || r.Key == "" && r.ID == c.Run && r.Index == c.Number) {
		return r
	}
	return placed(s.past.Of(key), c.Frame, c)
}

// ofDocument reports whether a run has steps and was made for what is on the canvas.
func (s *Studio) ofDocument(r *Run) bool {
	searched := r != nil && r.Job.BestOf > 1 && !r.Active() // its pictures have seeds of their own
	return r != nil && len(r.Steps) > 0 && r.Document == s.Document.Serial && !searched
}

// placed puts a run of earlier where its picture is now.
func placed(r *Run, frame image.Rectangle, c *Candidate) *Run {
	if r == nil {
		return nil
	}
	r.Frame = frame
	if last := len(r.Steps) - 1; c != nil && !c.Partial && last >= 0 && r.Steps[last].Pictures == nil {
		r.Steps[last].Pictures = []*image.RGBA{c.Raw}
	}
	return r
}

// pathKept notes where the steps of a picture are, and what takes the place of what it had come to when it was stopped.
func (s *Studio) pathKept(r *Run, c *Candidate, e worker.Made) {
	r.Key, r.Job.Recipe.Changes = trajectory.Key(c.Recipe.Hashes), c.Recipe.Changes
	s.past.Forget(r.Key)
	if e.Unkept != nil {
		s.Fail("The steps of this picture could not be kept", e.Unkept, "", nil)
	}
	if c.Partial {
		r.Unfinished = e.Stored
		return
	}
	if r.Unfinished != 0 {
		s.Fail("The history could not be changed", s.History.Delete(r.Unfinished, s.now()), "", nil)
		r.Unfinished = 0
	}
}

// Finish has a run go on that was stopped, after any number of restarts and other runs: made is the recipe of what it
// had come to, and id that picture's in the history, 0 where it is not there.
func (s *Studio) Finish(made Recipe, id int64) {
	key, paths := trajectory.Key(made.Hashes), s.paths
	if r := s.Run(); r != nil && r.Key == key && s.CanGoOn() {
		s.GoOn()
		return
	}
	s.Beside(func() func() {
		r, err := past.Whole(paths, key)
		return func() { s.finish(r, id, err) }
	})
}

func (s *Studio) finish(r *Run, id int64, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !r.Resumable():
		s.Tell(&Notice{Headline: s.say("This run cannot be gone on with"), Advice: s.say("Its steps are not kept any more. Make it again: its recipe is there.")})
		return
	case err != nil:
		s.Fail("This run cannot be gone on with", err, "", nil)
		return
	}
	r.Unfinished, r.Document = id, 0
	if r.Mode == task.TextToImage || slices.ContainsFunc(s.Tray.Candidates, func(c *Candidate) bool { return id != 0 && c.Stored == id }) {
		r.Document = s.Document.Serial
	} else {
		r.Document = -1 // it is laid over a picture that may not be here: its result goes to the history
	}
	r.GoOn()
	s.submit(r)
}
