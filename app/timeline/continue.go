package timeline

import (
	"errors"
	"io/fs"
	"slices"

	"nirvana/app/notice"
	"nirvana/app/past"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// Finish continues a stopped run, after any number of restarts and other runs: made is the recipe of the unfinished
// picture, and id its id in the history, 0 if it is not there.
func (t *Timeline) Finish(made recipe.Recipe, id int64) {
	key, paths := trajectory.Key(made.Hashes), t.Paths
	if r := t.in.Runs.Run(); r != nil && r.Key == key && t.in.Runs.CanGoOn() {
		t.in.Runs.GoOn()
		return
	}
	t.in.Beside(func() func() {
		r, err := past.Whole(paths, key)
		return func() { t.finish(r, id, err) }
	})
}

func (t *Timeline) finish(r *worker.Run, id int64, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !r.Resumable():
		t.in.Tell(&notice.Notice{Headline: t.say("This run cannot be gone on with"), Advice: t.say("Its steps are not kept any more. Make it again: its recipe is there.")})
		return
	case err != nil:
		t.in.Fail("This run cannot be gone on with", err, "", nil)
		return
	}
	r.Unfinished, r.Document = id, 0
	if r.Mode == task.TextToImage || slices.ContainsFunc(t.in.Sight.Tray.Candidates, func(c *tray.Candidate) bool { return id != 0 && c.Stored == id }) {
		r.Document = t.in.Sight.Document.Serial
	} else {
		r.Document = -1 // the picture under it may be gone, so the result goes to the history
	}
	r.GoOn()
	t.hooks.Submit(r)
}
