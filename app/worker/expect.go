package worker

import (
	"slices"

	"nirvana/app/job"
	"nirvana/engine"
)

// Expecter is told which runs come after the next one: it may compute them before they are asked for.
type Expecter interface {
	Expect([]engine.Request)
}

// mostExpected bounds how far it looks ahead.
const mostExpected = 16

// Upcoming is a run that waits.
type Upcoming struct {
	Job          job.Job
	Index, Count int // the first picture that is not made, and of how many
}

// Expect names the runs that wait, the next one first. It may be called while the worker is busy.
func (w *Worker) Expect(waiting []Upcoming) {
	waiting = slices.Clone(waiting)
	w.waiting.Store(&waiting)
}

// expect passes on what comes after the i-th picture of an order; the job is that of the order, prepared. It returns what
// waits, so that it is passed on again when that has changed.
func (w *Worker) expect(g Generator, o Order, j job.Job, i int) *[]Upcoming {
	waiting := w.waiting.Load()
	e, ok := g.(Expecter)
	if !ok {
		return waiting
	}
	requests := w.numbered(nil, g, Upcoming{j, i + 1, o.Run.Count})
	if waiting != nil {
		for _, u := range *waiting {
			if u.Job.Model.Dir == j.Model.Dir && u.Job.Model.On == j.Model.On && u.Job.Ready() {
				if j, err := u.Job.Prepared(); err == nil { // else it is told when its turn comes
					requests = w.numbered(requests, g, Upcoming{j, u.Index, u.Count})
				}
			}
		}
	}
	e.Expect(requests)
	return waiting
}

// numbered adds the requests of a run's pictures that the model carries out alone, one run for each.
func (w *Worker) numbered(to []engine.Request, g Generator, u Upcoming) []engine.Request {
	if u.Job.Refiner.Dir != "" || u.Job.Enlarge != nil || searcher(g, &u.Job) != nil {
		return to
	}
	for i := u.Index; i < u.Count && len(to) < mostExpected; i++ {
		j := u.Job
		j.Number(i)
		to = append(to, j.Request)
	}
	return to
}
