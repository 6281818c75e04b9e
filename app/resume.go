package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nirvana/app/journal"
	"nirvana/app/keep"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// snapshotRuns takes down what is under way and waiting.
func (s *Studio) snapshotRuns() worker.Snapshot {
	state := worker.SnapshotOf(s.runs)
	for _, r := range append(append([]*Run(nil), s.Interrupted...), s.suspects...) {
		state.Add(r, false)
	}
	if s.stopped != nil {
		state.Add(s.stopped, true)
	}
	if r := s.run; r != nil {
		state.Add(r, !r.Active()) // the timeline still shows a run that is done
		if s.keeper.Missed() {
			state.Anew(r)
		}
	}
	for _, r := range s.Queue {
		state.Add(r, false)
	}
	return state
}

// restoreRuns brings back what was cut off, to be resumed.
func (s *Studio) restoreRuns(saved worker.SavedList, k *keep.Keeper, j *journal.Journal) error {
	named, errs := saved.Begun(j)
	for name, blobs := range named {
		k.Named(name, blobs)
	}
	s.runs = saved.Last
	for _, v := range saved.Runs {
		if v.Left() {
			errs = append(errs, fault.Guarded(func() error { return s.restoreRun(v, j) }))
		}
	}
	return errors.Join(errs...)
}

// mostTries is how often a run is begun without coming a step further, until it is set aside: it may be what ends the program.
const mostTries = 2

func (s *Studio) restoreRun(v worker.Saved, j *journal.Journal) error {
	r, err := v.Restore(j)
	if err != nil {
		return err
	}
	if r.Document == 0 { // of before there were such
		r.Document = s.Document.Serial
	}
	s.adopt(r)
	s.begunOn(r)
	switch {
	case v.Stopped && len(r.Past) > 0:
		r.State, s.stopped = Stopped, r
	case v.Stopped:
	case r.Tried >= mostTries:
		s.suspects = append(s.suspects, r)
	default:
		s.Interrupted = append(s.Interrupted, r)
	}
	return nil
}

// offerResume tells of runs that were cut off, and of those that are not taken up again.
func (s *Studio) offerResume() {
	if len(s.Interrupted) == 0 {
		if len(s.suspects) > 0 && s.suspects[0].Tried == mostTries {
			for _, r := range s.suspects {
				r.Tried++ // told once
			}
			s.notify(&Notice{Headline: s.say("A run that crashed the program was set aside"), Action: s.say("Try it anyway"), Do: s.Resume})
			s.offer = s.Notice
			s.note(ChangedRun)
		}
		return
	}
	r := s.Interrupted[0]
	n := &Notice{Headline: s.say("A run was interrupted"), Action: s.say("Resume"), Do: s.Resume}
	if of, at := r.Reached(); of > 0 {
		n.Headline = fmt.Sprintf(s.say("A run was interrupted at step %d of %d"), at, of)
		n.Advice = s.say("It continues from there and becomes the same picture.")
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
		s.prepareAside(r)
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

// A stopped run can go on: what the artist stopped has its steps and the sampler's
// state still, so that it becomes the picture it would have been.

// CanGoOn says whether the last run was stopped at a step that it can go on from.
func (s *Studio) CanGoOn() bool { return s.run.Resumable() }

// GoOn queues the stopped run before all others. What it had come to stays a candidate.
func (s *Studio) GoOn() {
	if !s.CanGoOn() {
		return
	}
	r := s.run
	r.GoOn()
	s.Queue = append([]*Run{r}, s.Queue...)
	s.changed(ChangedRun)
	s.advance()
}
