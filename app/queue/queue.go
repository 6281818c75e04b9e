// Package queue is the runs: the one under way or the last one, those that wait, and interrupted ones that can be
// resumed. It belongs to the owner of the state. Start with Runs.
package queue

import (
	"image"
	"slices"

	"nirvana/app/notice"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Runs are all runs of a studio. Read the fields freely; change them through methods only.
type Runs struct {
	Queue []*worker.Run // waiting, first next
	// Interrupted are runs that the last studio could not finish, see Resume.
	Interrupted []*worker.Run
	// Suspects were started too often without finishing another step: they are not resumed automatically.
	Suspects []*worker.Run
	// Asked is how many runs were requested while the first model was being opened: they begin with its sizes.
	Asked int

	hooks   Hooks
	strip   *notice.Strip
	offer   *notice.Notice // that reports runs that can be resumed
	run     *worker.Run    // current or last
	under   *worker.Run    // that the worker carries out, or carried out last
	ended   []*worker.Run  // what they had come to is still being made
	stopped *worker.Run    // by the artist before the last end of the program
	last    int            // the greatest ID given out
}

// Hooks connect the runs to the program. All are required.
type Hooks struct {
	Changed  func()            // a run was queued, began, ended, or another order
	Document func() int        // the serial of the document on the canvas
	Adopt    func(*worker.Run) // a run is added: it gets its hooks, and the canvas that it begins from
	Prepare  func(*worker.Run) // its inputs are to be computed
	Advance  func()            // the next may begin, see Next
}

// New is an empty queue. It reports to the artist through a strip.
func New(strip *notice.Strip, h Hooks) *Runs { return &Runs{strip: strip, hooks: h} }

// Run is the run under way, or else the last one; nil before the first.
func (q *Runs) Run() *worker.Run { return q.run }

// Under is the run that the worker carries out, or carried out last.
func (q *Runs) Under() *worker.Run { return q.under }

// End notes that the run under way has ended.
func (q *Runs) End(e worker.Ended) {
	q.under.End(e.Stopped, e.Unfinished, e.Err)
	if e.Unfinished != nil {
		q.ended = append(q.ended, q.under)
	}
}

// Of is the run of an ID that has results to come.
func (q *Runs) Of(id int) *worker.Run {
	if i := q.unmade(id); i >= 0 {
		return q.ended[i]
	}
	return q.under
}

func (q *Runs) unmade(id int) int {
	return slices.IndexFunc(q.ended, func(r *worker.Run) bool { return r.ID == id })
}

// Arrive notes that all that a run had come to when it ended is a candidate.
func (q *Runs) Arrive(id int) {
	i := q.unmade(id)
	if i < 0 {
		return
	}
	r := q.ended[i]
	q.ended = slices.Delete(q.ended, i, i+1)
	r.Unmade = q.unmade(id) >= 0 // it went on, and was stopped again
	if r != q.run && !r.Unmade && !slices.Contains(q.Queue, r) {
		r.Drop()
	}
	q.hooks.Changed()
}

// Submit puts a run at the queue's end.
func (q *Runs) Submit(r *worker.Run) {
	q.strip.Dismiss()
	q.last++
	r.ID = q.last
	if r.Document == 0 {
		r.Document = q.hooks.Document()
	}
	q.hooks.Adopt(r)
	q.Queue = append(q.Queue, r)
	q.hooks.Prepare(r)
	q.hooks.Changed()
	q.hooks.Advance()
}

// Next takes the next waiting run and prepares it; nil if none waits.
func (q *Runs) Next() *worker.Run {
	if len(q.Queue) == 0 {
		return nil
	}
	r := q.Queue[0]
	q.Queue = q.Queue[1:]
	if q.run != nil && q.run != r && !q.run.Unmade {
		q.run.Drop() // whoever still holds the run, such as a drawing of its card, does not hold its steps
	}
	q.run, q.under = r, r
	r.Begin()
	return r
}

// Ask notes a run to begin once a model is open.
func (q *Runs) Ask() {
	q.Asked++
	q.hooks.Changed()
}

// Answered returns how many were requested, and resets that.
func (q *Runs) Answered() int {
	n := q.Asked
	q.Asked = 0
	return n
}

// Stop ends the run under way within a step. The unfinished picture becomes a candidate.
func (q *Runs) Stop() {
	if q.Answered() > 0 {
		q.hooks.Changed()
		return
	}
	if q.run.Active() && q.run.Cancel != nil && !q.run.Stopping {
		q.run.Stopping = true
		q.run.Cancel()
		q.hooks.Changed()
	}
}

// Cancel removes a waiting run from the queue, or stops it if it is under way.
func (q *Runs) Cancel(r *worker.Run) {
	if r == q.run {
		q.Stop()
		return
	}
	if i := slices.Index(q.Queue, r); i >= 0 {
		q.Queue = slices.Delete(slices.Clone(q.Queue), i, i+1)
		q.hooks.Changed()
	}
}

// Reorder moves a waiting run to place i of the queue.
func (q *Runs) Reorder(r *worker.Run, i int) {
	at := slices.Index(q.Queue, r)
	if at < 0 {
		return
	}
	rest := slices.Delete(slices.Clone(q.Queue), at, at+1)
	q.Queue = slices.Insert(rest, min(max(i, 0), len(rest)), r)
	q.hooks.Changed()
}

// Steer applies a change to the picture under way from its next step on; false if there is none, or it is another
// document's.
func (q *Runs) Steer(c engine.Change) bool {
	if c.Empty() || q.run == nil || q.run.Document != q.hooks.Document() {
		return false
	}
	return q.run.Tell(worker.Word{Change: c})
}

// Pace pauses the run under way before its next step, continues it, or runs one step.
func (q *Runs) Pace(p worker.Pace) {
	if q.run.Tell(worker.Word{Pace: p}) {
		q.hooks.Changed()
	}
}

// Shift moves the positions of runs' results.
func (q *Runs) Shift(by image.Point) {
	for _, r := range q.Queue {
		r.Frame = r.Frame.Add(by)
	}
	if q.run != nil {
		q.run.Frame = q.run.Frame.Add(by)
	}
	for i, r := range q.ended {
		if r != q.run && !slices.Contains(q.Queue, r) && !slices.Contains(q.ended[:i], r) {
			r.Frame = r.Frame.Add(by)
		}
	}
}

// Drop drops the last run, which belongs to an earlier document. If it is under way, it continues for the history.
func (q *Runs) Drop() {
	if !q.run.Active() {
		q.run = nil
	}
}

// Close drops waiting runs. The program's end does not count as a failed start of a run; changed reports whether this has to be saved.
func (q *Runs) Close() (changed bool) {
	if q.run != nil && q.run.Tried > 0 {
		q.run.Tried, changed = 0, true
	}
	return changed
}
