package worker

import (
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/journal"
	"nirvana/app/task"
	"nirvana/engine"
)

// Runs in the journal: the record "runs" lists those under way and waiting, and
// "run/RUN" has one that began since that was written. Their steps are in records of their own, see steprecord.go.

// Saved is a run's serialised form, without its job.
type Saved struct {
	ID     int
	Mode   task.Mode
	Frame  image.Rectangle
	Prompt string
	Seed   uint64
	Count  int
	Index  int  // pictures that are done
	Done   bool // nothing to resume
	// Document is the serial of the document that it was queued for.
	Document int
	Tried    int  // how often it was started without finishing another step
	Begun    int  // how many steps it had when it was last started, of all seeds
	Stopped  bool // by the artist, who may resume it
	// Unfinished is the history's id of its unfinished picture.
	Unfinished int64 `json:",omitempty"`
	Job        job.Saved
}

// SavedList is the list of them.
type SavedList struct {
	Runs []Saved
	Last int // the greatest ID given out
}

// Save is the run as plain values.
func (r *Run) Save() Saved {
	return Saved{ID: r.ID, Mode: r.Mode, Frame: r.Frame, Prompt: r.Prompt, Seed: r.Seed, Count: r.Count, Index: r.Index, Document: r.Document, Tried: r.Tried, Begun: r.begun(), Unfinished: r.Unfinished}
}

// begun is how many steps the run has of earlier starts.
func (r *Run) begun() int {
	if len(r.PastGrid) == 0 {
		return len(r.Past)
	}
	n := 0
	for _, c := range r.PastGrid {
		n += len(c.Steps)
	}
	return n
}

func runRecord(id int) string { return fmt.Sprintf("run/%d", id) }

// Records are the records of a run that begins, with its job's pictures stored.
func (s Saved) Records(j job.Job, b document.Keeps) (map[string][]byte, error) {
	var err error
	if s.Job = j.Save(b, &err); err != nil {
		return nil, err
	}
	data, err := json.Marshal(s)
	return map[string][]byte{runRecord(s.ID): data}, err
}

// Snapshot is the runs at one moment: plain values and immutable pictures.
type Snapshot struct {
	list  SavedList
	jobs  []job.Job  // of the list
	steps []numbered // of the run under way if they have to be written again
	run   int        // that they are of
}

// SnapshotOf begins a snapshot; last is the greatest ID given out.
func SnapshotOf(last int) Snapshot { return Snapshot{list: SavedList{Last: last}} }

// Add adds a run; done reports that it need not be resumed.
func (s *Snapshot) Add(r *Run, done bool) {
	v := r.Save()
	v.Done, v.Stopped = done, done && r.Resumable()
	s.list.Runs, s.jobs = append(s.list.Runs, v), append(s.jobs, r.Job)
}

// Anew writes all steps of a run again.
func (s *Snapshot) Anew(r *Run) {
	s.run, s.steps = r.ID, nil
	if len(r.Grid) > 0 && len(r.Grid) == r.Job.BestOf {
		s.steps = gridSteps(r.Grid, seedNumber(r.Job, r.Index, 0))
		return
	}
	for _, step := range r.Steps {
		s.steps = append(s.steps, numbered{r.seedNumber(), engine.SearchStep{Step: step}})
	}
}

// Missed adds the steps of an earlier snapshot that were not written, unless there are newer ones.
func (s *Snapshot) Missed(before Snapshot) {
	if s.steps == nil {
		s.steps, s.run = before.steps, before.run
	}
}

// Write adds the runs to a transaction, with the steps that could not be written, and removes records that are no longer
// needed.
func (s Snapshot) Write(j *journal.Journal, to document.Transaction) (err error) {
	fails := func(e error) {
		if e != nil && err == nil {
			err = e
		}
	}
	list := SavedList{slices.Clone(s.list.Runs), s.list.Last}
	for i := range list.Runs {
		list.Runs[i].Job = s.jobs[i].Save(j.Blobs, &err)
	}
	data, e := json.Marshal(list)
	fails(e)
	to.Records["runs"], to.Names["runs"] = data, journal.NamesIn(data)
	for _, of := range s.steps {
		if of.step.X.Data == nil {
			continue
		}
		more, e := SearchRecords(s.run, of.seed, of.step)
		fails(e)
		maps.Copy(to.Records, more)
	}
	first := map[int]int{}
	for i, r := range list.Runs {
		first[r.ID] = seedNumber(s.jobs[i], r.Index, 0)
	}
	there, e := j.Names("step/")
	fails(e)
	for _, name := range there {
		var run, seed int
		if n, _ := fmt.Sscanf(name, "step/%d/%d/", &run, &seed); n != 2 || run > list.Last {
			continue // of a run that began since
		}
		if from, ok := first[run]; !ok || seed < from {
			to.Records[name] = nil
		}
	}
	there, e = j.Names("run/")
	fails(e)
	for _, name := range there { // those in the list now
		var run int
		if n, _ := fmt.Sscanf(name, "run/%d", &run); n == 1 && run <= list.Last {
			to.Records[name] = nil
		}
	}
	return err
}

// Begun adds to a list the runs that began since it was written, and returns the errors of unreadable ones and the blobs
// that their records refer to.
func (l *SavedList) Begun(j *journal.Journal) (named map[string][]string, errs []error) {
	named = map[string][]string{}
	begun, err := j.Names("run/")
	errs = append(errs, err)
	for _, name := range begun {
		var v Saved
		data, err := j.Record(name)
		if err == nil {
			err = json.Unmarshal(data, &v)
		}
		if errs = append(errs, err); err != nil {
			continue
		}
		if v.ID > l.Last {
			l.Runs, l.Last = append(l.Runs, v), v.ID
			named[name] = journal.NamesIn(data)
		} else if i := slices.IndexFunc(l.Runs, func(o Saved) bool { return o.ID == v.ID }); i >= 0 {
			l.Runs[i].Tried, l.Runs[i].Begun = max(l.Runs[i].Tried, v.Tried), v.Begun // begun again since the list was written
			if l.Runs[i].Job.Later != nil {
				l.Runs[i].Job, named[name] = v.Job, journal.NamesIn(data) // its inputs were not computed yet
			}
		}
	}
	return named, errs
}

// Left reports whether a saved run is unfinished.
func (s Saved) Left() bool { return (!s.Done || s.Stopped) && s.Index >= 0 && s.Index < s.Count }

// Restore is the run with its steps so far, or an error if they do not match.
func (s Saved) Restore(j *journal.Journal) (*Run, error) {
	r, err := s.restore(j.Blobs)
	if err != nil {
		return nil, err
	}
	r.restoreSteps(j) // without them it starts again
	if r.begun() > s.Begun {
		r.Tried = 0 // it had more steps, and was interrupted before that was saved
	}
	return r, nil
}

func (s Saved) restore(b document.Holds) (*Run, error) {
	r := &Run{ID: s.ID, Mode: s.Mode, Frame: s.Frame, Prompt: s.Prompt, Seed: s.Seed, Count: s.Count, Index: s.Index, Document: s.Document, Tried: s.Tried, Unfinished: s.Unfinished, shown: -1}
	var err error
	if r.Job = s.Job.Restore(b, &err); err == nil {
		err = r.Check()
	}
	return r, err
}

// Check validates a run from a file against its job.
func (r *Run) Check() error {
	const most = 10000 // pictures of one run
	if !r.Mode.Known() || !task.Placed(r.Frame) || r.Frame.Size() != r.Job.Frame.Size() || r.Count > most {
		return job.Misfit("a run of %d pictures in %v", r.Count, r.Frame)
	}
	return r.Job.Check()
}

// Resumable reports whether a run was stopped at a step that it can continue from.
func (r *Run) Resumable() bool {
	if r == nil || r.State != Stopped {
		return false
	}
	steps := r.Steps
	if len(steps) == 0 {
		steps = r.Past
	}
	if len(steps) == 0 {
		return false
	}
	last := steps[len(steps)-1]
	return !last.Done() && last.State.Sampler.X != nil
}

// GoOn prepares a stopped run to continue from its last step.
func (r *Run) GoOn() { r.Past, r.PastGrid, r.State = slices.Clone(r.Steps), cloned(r.Grid), Waiting }

// Reached is the last step of an earlier start, and the number of steps; 0 without one.
func (r *Run) Reached() (of, at int) {
	if len(r.Past) == 0 {
		return 0, 0
	}
	last := r.Past[len(r.Past)-1]
	return last.Of, last.Index
}

// Step is the i-th step of the current or last picture, with its numbers.
func (r *Run) Step(i int) engine.Step {
	s := r.Steps[i]
	if s.X.Data != nil || r.hooks.Past == nil {
		return s
	}
	if was, ok := r.hooks.Past(r.seedNumber(), s); ok {
		return was
	}
	for i++; i < len(r.Steps); i++ { // the next that is here
		if r.Steps[i].X.Data != nil {
			return r.Steps[i]
		}
	}
	return s
}
