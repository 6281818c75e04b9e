package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"nirvana/app/job"
	"nirvana/app/journal"
	"nirvana/app/steps"
	"nirvana/app/task"
	"nirvana/engine"
)

// Runs in the journal: the record "runs" lists those under way and waiting, and
// "run/RUN" has one that began since that was written. "step/RUN/PICTURE/N" has a step of one, "step/RUN/PICTURE/state" what the
// sampler needs to go on from the newest. A step is handed over before it is
// shown, so a program that is killed finds every step that anybody saw.

type savedRun struct {
	ID     int
	Mode   Mode
	Frame  image.Rectangle
	Prompt string
	Seed   uint64
	Count  int
	Index  int  // pictures that are done
	Done   bool // nothing to resume
	// Document is the serial of the one that it was asked for.
	Document int
	Tried    int  // how often it was begun without coming a step further
	Begun    int  // how many steps it had when it was begun last
	Stopped  bool // by the artist, who may go on
	Job      job.Saved
}

func stepPrefix(run, picture int) string { return fmt.Sprintf("step/%d/%d/", run, picture) }

type savedRuns struct {
	Runs []savedRun
	Last int // the greatest ID given out
}

func runRecord(id int) string { return fmt.Sprintf("run/%d", id) }

func (r *Run) save() savedRun {
	return savedRun{ID: r.ID, Mode: r.Mode, Frame: r.Frame, Prompt: r.Prompt, Seed: r.Seed, Count: r.Count, Index: r.Index, Document: r.document, Tried: r.tried, Begun: len(r.saved)}
}

// keepRun hands a run over that begins, so that its steps belong to something. On the worker.
func (s *Studio) keepRun(run savedRun, j job.Job) {
	to := s.keeper.writable()
	if to == nil {
		return
	}
	var err error
	run.Job = j.Save(to.Blobs, &err)
	if err != nil {
		return // the next flush finds the same fault and tells of it
	}
	if data, err := json.Marshal(run); err == nil {
		to.Hand(map[string][]byte{runRecord(run.ID): data})
	}
}

// keepStep hands a step over to the journal. On the worker.
func (s *Studio) keepStep(r *Run, picture int, step engine.Step) {
	to := s.keeper.writable()
	if to == nil {
		return
	}
	records, err := stepRecords(stepPrefix(r.ID, picture), step)
	if err == nil {
		err = to.Hand(records)
	}
	if err != nil {
		s.keeper.lostStep.Store(true) // the next flush finds the same fault, tells of it, and writes all steps
	}
}

func stepRecords(prefix string, step engine.Step) (map[string][]byte, error) {
	packed, err := steps.Pack(step)
	if err != nil {
		return nil, err
	}
	records := map[string][]byte{fmt.Sprintf("%s%05d", prefix, step.Index): packed}
	if step.State.Sampler.X != nil {
		if records[prefix+"state"], err = steps.PackState(step.State); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// snapshotRuns takes down what is under way and waiting.
func (s *Studio) snapshotRuns(state *snapshot) {
	state.lastRun = s.runs
	add := func(r *Run, done bool) {
		if !r.job.Ready() {
			return // it is told of when it is
		}
		v := r.save()
		v.Done, v.Stopped = done, r.resumable()
		state.runs = append(state.runs, v)
		state.jobs = append(state.jobs, r.job)
	}
	for _, r := range append(append([]*Run(nil), s.Interrupted...), s.suspects...) {
		add(r, false)
	}
	if s.stopped != nil {
		add(s.stopped, true)
	}
	if r := s.run; r != nil {
		add(r, !r.Active()) // the timeline still shows a run that is done
		if s.keeper.lostStep.Swap(false) {
			state.steps, state.stepsOf = append([]engine.Step(nil), r.Steps...), stepPrefix(r.ID, r.Index)
		}
	}
	for _, r := range s.Queue {
		add(r, false)
	}
}

// writeSteps adds steps that could not be handed over, and removes those that nothing needs any more.
func writeSteps(j *journal.Journal, records map[string][]byte, s snapshot, err *error) {
	for _, step := range s.steps {
		if step.X.Data == nil {
			continue
		}
		more, e := stepRecords(s.stepsOf, step)
		if e != nil && *err == nil {
			*err = e
		}
		for name, data := range more {
			records[name] = data
		}
	}
	there, e := j.Names("step/")
	if e != nil && *err == nil {
		*err = e
	}
	index := map[int]int{}
	for _, r := range s.runs {
		index[r.ID] = r.Index
	}
	for _, name := range there {
		var run, picture int
		if n, _ := fmt.Sscanf(name, "step/%d/%d/", &run, &picture); n != 2 || run > s.lastRun {
			continue // of a run that began since
		}
		if first, ok := index[run]; !ok || picture < first {
			records[name] = nil
		}
	}
	if there, e = j.Names("run/"); e != nil && *err == nil {
		*err = e
	}
	for _, name := range there { // those in the list now
		var run int
		if n, _ := fmt.Sscanf(name, "run/%d", &run); n == 1 && run <= s.lastRun {
			records[name] = nil
		}
	}
}

// restoreRuns brings back what was cut off, to be resumed.
func (s *Studio) restoreRuns(saved savedRuns, k *keeper, j *journal.Journal) error {
	begun, err := j.Names("run/")
	errs := []error{err}
	for _, name := range begun {
		var v savedRun
		data, err := j.Record(name)
		if err == nil {
			err = json.Unmarshal(data, &v)
		}
		if errs = append(errs, err); err != nil {
			continue
		}
		if v.ID > saved.Last {
			saved.Runs, saved.Last = append(saved.Runs, v), v.ID
			k.names[name] = journal.NamesIn(data)
		} else if i := slices.IndexFunc(saved.Runs, func(o savedRun) bool { return o.ID == v.ID }); i >= 0 {
			saved.Runs[i].Tried, saved.Runs[i].Begun = max(saved.Runs[i].Tried, v.Tried), v.Begun // begun again since the list was written
		}
	}
	s.runs = saved.Last
	for _, v := range saved.Runs {
		if v.Done && !v.Stopped || v.Index < 0 || v.Index >= v.Count {
			continue
		}
		errs = append(errs, guarded(func() error { return s.restoreRun(v, j) }))
	}
	return errors.Join(errs...)
}

// mostTries is how often a run is begun without coming a step further, until it is set aside: it may be what ends the program.
const mostTries = 2

func (s *Studio) restoreRun(v savedRun, j *journal.Journal) error {
	r := &Run{ID: v.ID, Mode: v.Mode, Frame: v.Frame, Prompt: v.Prompt, Seed: v.Seed, Count: v.Count, Index: v.Index, shown: -1, studio: s, document: v.Document, tried: v.Tried}
	if r.document == 0 { // of before there were such
		r.document = s.Document.Serial
	}
	var err error
	r.job = v.Job.Restore(j.Blobs, &err)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return err
	}
	r.begunOn(s)
	r.restoreSteps(j) // without them it begins anew
	if len(r.saved) > v.Begun {
		r.tried = 0 // it came further, and was cut off before that was noted
	}
	switch {
	case v.Stopped && len(r.saved) > 0:
		r.State, s.stopped = Stopped, r
	case v.Stopped:
	case r.tried >= mostTries:
		s.suspects = append(s.suspects, r)
	default:
		s.Interrupted = append(s.Interrupted, r)
	}
	return nil
}

// check holds what a run brings from the journal against what it belongs to.
func (r *Run) check() error {
	const most = 10000 // pictures of one run
	if !r.Mode.Known() || !task.Placed(r.Frame) || r.Frame.Size() != r.job.Frame.Size() || r.Count > most {
		return job.Misfit("a run of %d pictures in %v", r.Count, r.Frame)
	}
	return r.job.Check()
}

// restoreSteps finds the picture that was under way, and its steps as far as they are whole.
func (r *Run) restoreSteps(j *journal.Journal) {
	for i := r.Count - 1; i >= r.Index; i-- {
		prefix := stepPrefix(r.ID, i)
		data, err := j.Record(prefix + "state")
		if err != nil || data == nil {
			continue
		}
		state, err := steps.UnpackState(data)
		if err != nil {
			continue
		}
		names, _ := j.Names(prefix)
		var saved []engine.Step
		for _, name := range names {
			data, err := j.Record(name)
			if err != nil || strings.HasSuffix(name, "state") {
				continue
			}
			if s, err := steps.Unpack(data); err == nil {
				saved = append(saved, s)
			}
		}
		if len(saved) > 0 {
			saved[len(saved)-1].State = state
			r.Index, r.saved = i, saved
			return
		}
	}
}

// offerResume tells of runs that were cut off, and of those that are not taken up again.
func (s *Studio) offerResume() {
	if len(s.Interrupted) == 0 {
		if len(s.suspects) > 0 && s.suspects[0].tried == mostTries {
			for _, r := range s.suspects {
				r.tried++ // told once
			}
			s.notify(&Notice{Headline: s.say("A run that ended the program was set aside"), Action: s.say("Try it anyway"), Do: s.Resume})
			s.offer = s.Notice
			s.note(ChangedRun)
		}
		return
	}
	r := s.Interrupted[0]
	n := &Notice{Headline: s.say("A run was interrupted"), Action: s.say("Resume"), Do: s.Resume}
	if of, at := r.reached(); of > 0 {
		n.Headline = fmt.Sprintf(s.say("A run was interrupted at step %d of %d"), at, of)
		n.Advice = s.say("It goes on from there and becomes the same picture.")
	}
	if r.Prompt != "" {
		n.Advice = strings.TrimSpace(fmt.Sprintf("%q. %s", shortened(strings.Join(strings.Fields(r.Prompt), " "), 60), n.Advice))
	}
	if more := len(s.Interrupted) - 1; more > 0 {
		n.Advice += " " + fmt.Sprintf(s.say("Also waiting: %d."), more)
	}
	s.notify(n)
	s.offer = n
}

func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "..."
	}
	return text
}

// reached is the step that the journal has, and of how many; 0 where it has none.
func (r *Run) reached() (of, at int) {
	if len(r.saved) == 0 {
		return 0, 0
	}
	last := r.saved[len(r.saved)-1]
	return last.Of, last.Index
}

// CanResume says whether Resume does something.
func (s *Studio) CanResume() bool {
	return len(s.Interrupted)+len(s.suspects) > 0 || s.stopped != nil || s.CanGoOn()
}

// Resume queues the runs that were cut off, before all others: each goes on from its last step. Where there are none, the
// one that was stopped does, and where there is none such, those that were set aside.
func (s *Studio) Resume() {
	var runs []*Run
	switch {
	case len(s.Interrupted) > 0:
		runs, s.Interrupted = s.Interrupted, nil
	case s.CanGoOn():
		s.GoOn()
		return
	case s.stopped != nil:
		runs, s.stopped = []*Run{s.stopped}, nil
	default:
		runs, s.suspects = s.suspects, nil
	}
	if len(runs) == 0 {
		return
	}
	if s.Notice != nil {
		s.notify(nil)
	}
	for _, r := range runs {
		r.State = Waiting
	}
	s.Queue = append(slices.Clone(runs), s.Queue...)
	s.changed(ChangedRun)
	s.advance()
}

// Forget drops the runs that were cut off, stopped or set aside, and what tells of them.
func (s *Studio) Forget() {
	if !s.CanResume() {
		return
	}
	s.Interrupted, s.suspects, s.stopped = nil, nil, nil
	if s.CanGoOn() {
		s.run.Steps[len(s.run.Steps)-1].State = engine.State{}
	}
	if s.Notice != nil && s.Notice == s.offer {
		s.notify(nil)
	}
	s.changed(ChangedRun)
}

// recall brings the saved steps into the form of a run's own.
func (r *Run) recall(first engine.Step) []engine.Step {
	var out []engine.Step
	for _, s := range r.saved {
		s.State = engine.State{}
		out = append(out, first.Recalled(s))
	}
	return out
}

// keptSteps bounds the memory of a run's steps; those beyond it are read from the journal when they are shown.
const keptSteps = 256 << 20

// spill lets go of the oldest steps' numbers where there are too many.
func (r *Run) spill(most int) {
	if r.studio.keeper.writable() == nil {
		return
	}
	size := func(s engine.Step) int { return 4 * (len(s.X.Data) + len(s.X0.Data)) }
	total := 0
	for _, s := range r.Steps {
		total += size(s)
	}
	for i := 0; total > most && i < len(r.Steps)-1; i++ {
		total -= size(r.Steps[i])
		r.Steps[i].X, r.Steps[i].X0 = engine.Tensor{}, engine.Tensor{}
	}
}

// fetched is a step with its numbers, from the journal where they were let go of.
func (r *Run) fetched(i int) engine.Step {
	s := r.Steps[i]
	from := r.studio.keeper.current()
	if s.X.Data != nil || from == nil {
		return s
	}
	data, err := from.Record(fmt.Sprintf("%s%05d", stepPrefix(r.ID, r.Index), s.Index))
	if err == nil && data != nil {
		if was, err := steps.Unpack(data); err == nil {
			return s.Recalled(was)
		}
	}
	for i++; i < len(r.Steps); i++ { // the next that is here
		if r.Steps[i].X.Data != nil {
			return r.Steps[i]
		}
	}
	return s
}
