package worker

import (
	"encoding/json"

	"nirvana/app/job"
	"nirvana/app/journal"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// Paths keeps the steps that led to pictures.
type Paths interface {
	Keep(key string, p trajectory.Path) error
}

// keptSteps is the memory limit of a picture's steps while it is generated, bytes; further ones are read from the
// journal.
const keptSteps = 256 << 20

// recorder records the steps of one of an order's seeds, in so many bytes of memory.
func (o Order) recorder(seed, most int) *trajectory.Recorder {
	r := &trajectory.Recorder{Most: most}
	if p, ok := o.Log.(interface {
		Past(run, seed int, s engine.Step) (engine.Step, bool)
	}); ok {
		r.Past = func(s engine.Step) (engine.Step, bool) { return p.Past(o.Run.ID, seed, s) }
	}
	return r
}

// path is the trajectory of a job's picture, with everything needed to continue from any of its steps.
func (o Order) path(j job.Job, later []engine.Change, steps *trajectory.Recorder) (trajectory.Path, error) {
	to, err := journal.Entries{Files: map[string][]byte{}}, error(nil)
	run := o.Run
	run.Count, run.Index, run.Seed, run.Unfinished = 1, 0, j.Request.Seed, 0
	j.Request.Changes = later                                                                      // the steps report the others
	j.Recipe.Hashes, j.Recipe.Scales, j.Recipe.Unfinished, j.Recipe.Trajectory = nil, nil, nil, "" // of what it comes to
	if run.Job = j.Save(to, &err); err != nil {
		return trajectory.Path{}, err
	}
	about, err := json.Marshal(run)
	return trajectory.Path{About: about, Files: to.Files, Steps: steps.All()}, err
}

// OfPath is a finished run as the timeline shows it: the numbers of its steps are read through its hooks.
func OfPath(key string, f *trajectory.File) (*Run, error) {
	var v Saved
	if err := json.Unmarshal(f.About(), &v); err != nil {
		return nil, err
	}
	files, err := f.Files()
	if err != nil {
		return nil, err
	}
	r, err := v.restore(journal.Entries{Files: files})
	if err != nil {
		return nil, err
	}
	r.Key = key
	r.State, r.Steps = Finished, f.Heads()
	if n := len(r.Steps); n > 0 && r.Steps[n-1].Index < r.Steps[n-1].Of {
		r.State = Stopped
	}
	return r, nil
}
