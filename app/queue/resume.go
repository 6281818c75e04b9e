package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nirvana/app/journal"
	"nirvana/app/notice"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Snapshot is the run under way and those waiting; with again, all steps of the run under way are written again.
func (q *Runs) Snapshot(anew bool) worker.Snapshot {
	state := worker.SnapshotOf(q.last)
	for _, r := range append(slices.Clone(q.Interrupted), q.Suspects...) {
		state.Add(r, false)
	}
	if q.stopped != nil {
		state.Add(q.stopped, true)
	}
	if r := q.run; r != nil {
		if !slices.Contains(q.Queue, r) {
			state.Add(r, !r.Coming()) // the timeline still shows a run that is done
		}
		if anew {
			state.Anew(r)
		}
	}
	for i, r := range q.ended { // cut off now, their unfinished pictures are lost: they can be resumed
		if r != q.run && !slices.Contains(q.Queue, r) && !slices.Contains(q.ended[:i], r) {
			state.Add(r, !r.Unmade)
		}
	}
	for _, r := range q.Queue {
		state.Add(r, false)
	}
	return state
}

// Restore reads interrupted runs, to be resumed. named is called with the blobs that records refer to.
func (q *Runs) Restore(saved worker.SavedList, j *journal.Journal, named func(record string, blobs []string)) error {
	begun, errs := saved.Begun(j)
	for name, blobs := range begun {
		named(name, blobs)
	}
	q.last = saved.Last
	for _, v := range saved.Runs {
		if v.Left() {
			errs = append(errs, fault.Guarded(func() error { return q.restore(v, j) }))
		}
	}
	return errors.Join(errs...)
}

// mostTries is how often a run is started without finishing another step before it is set aside, because it may be what
// crashes the program.
const mostTries = 2

func (q *Runs) restore(v worker.Saved, j *journal.Journal) error {
	r, err := v.Restore(j)
	if err != nil {
		return err
	}
	if r.Document == 0 { // of before there were such
		r.Document = q.hooks.Document()
	}
	q.hooks.Adopt(r)
	switch {
	case v.Stopped && len(r.Past) > 0:
		r.State, q.stopped = worker.Stopped, r
	case v.Stopped:
	case r.Tried >= mostTries:
		q.Suspects = append(q.Suspects, r)
	default:
		q.Interrupted = append(q.Interrupted, r)
	}
	return nil
}

// Offer reports interrupted runs, and once those that were set aside. say translates.
func (q *Runs) Offer(say func(string) string) {
	if q.offer = q.interrupted(say); q.offer == nil {
		q.offer = q.setAside(say)
	}
	if q.offer != nil {
		q.strip.Tell(q.offer)
	}
}

// Offering reports whether it is reported now.
func (q *Runs) Offering() bool { return q.offer != nil && q.strip.Notice == q.offer }

func (q *Runs) interrupted(say func(string) string) *notice.Notice {
	if len(q.Interrupted) == 0 {
		return nil
	}
	r := q.Interrupted[0]
	n := &notice.Notice{Headline: say("A run was interrupted"), Action: say("Resume"), Do: q.Resume}
	if of, at := r.Reached(); of > 0 {
		n.Headline = fmt.Sprintf(say("A run was interrupted at step %d of %d"), at, of)
		n.Advice = say("It continues from there and becomes the same picture.")
	}
	if r.Prompt != "" {
		n.Advice = strings.TrimSpace(fmt.Sprintf("%q. %s", shortened(strings.Join(strings.Fields(r.Prompt), " "), 60), n.Advice))
	}
	if more := len(q.Interrupted) - 1; more > 0 {
		n.Advice += " " + fmt.Sprintf(say("Also waiting: %d."), more)
	}
	return n
}

func (q *Runs) setAside(say func(string) string) *notice.Notice {
	if len(q.Interrupted) > 0 || len(q.Suspects) == 0 || q.Suspects[0].Tried != mostTries {
		return nil
	}
	for _, r := range q.Suspects {
		r.Tried++ // told once
	}
	q.hooks.Changed()
	return &notice.Notice{Headline: say("A run that crashed the program was set aside"), Action: say("Try it anyway"), Do: q.Resume}
}

func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "..."
	}
	return text
}

// CanResume reports whether Resume does something.
func (q *Runs) CanResume() bool {
	return len(q.Interrupted)+len(q.Suspects) > 0 || q.stopped != nil || q.CanGoOn()
}

// Resume queues interrupted runs before all others; each continues from its last step. If there are none, it resumes the
// stopped run, and if there is none, those that were set aside.
func (q *Runs) Resume() {
	var runs []*worker.Run
	switch {
	case len(q.Interrupted) > 0:
		runs, q.Interrupted = q.Interrupted, nil
	case q.CanGoOn():
		q.GoOn()
		return
	case q.stopped != nil:
		runs, q.stopped = []*worker.Run{q.stopped}, nil
	default:
		runs, q.Suspects = q.Suspects, nil
	}
	if len(runs) == 0 {
		return
	}
	q.strip.Dismiss()
	for _, r := range runs {
		r.State = worker.Waiting
		q.hooks.Prepare(r)
	}
	q.first(runs...)
}

// first inserts runs before all others.
func (q *Runs) first(runs ...*worker.Run) {
	q.Queue = append(slices.Clone(runs), q.Queue...)
	q.hooks.Changed()
	q.hooks.Advance()
}

// Forget drops interrupted and stopped runs, and those that were set aside.
func (q *Runs) Forget() {
	if !q.CanResume() {
		return
	}
	q.Interrupted, q.Suspects, q.stopped = nil, nil, nil
	for _, r := range q.ended {
		r.Unmade = false
	}
	if q.CanGoOn() {
		q.run.Steps[len(q.run.Steps)-1].State = engine.State{}
	}
	q.strip.Done(q.offer)
	q.hooks.Changed()
}

// A run that the artist stopped can continue: it still has its steps and the sampler's state, so the picture is the same
// as without the stop.

// CanGoOn reports whether the last run was stopped at a step that it can continue from.
func (q *Runs) CanGoOn() bool { return q.run.Resumable() }

// GoOn queues the stopped run before all others. Its unfinished picture stays a candidate.
func (q *Runs) GoOn() {
	if !q.CanGoOn() {
		return
	}
	q.run.GoOn()
	q.first(q.run)
}
