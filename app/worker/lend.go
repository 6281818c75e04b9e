package worker

import (
	"context"

	"nirvana/app/library"
)

// Lend gives the turn to a guest, somebody else who paints on this machine, until f returns. f is called on the worker's
// goroutine; what it was given is not to be used afterwards.
func (w *Worker) Lend(f func(Loan)) { w.work(func() { f(Loan{w}) }) }

// Loan is the worker's turn while a guest has it.
type Loan struct{ worker *Worker }

// Open gives a model, which stays the worker's: the one that is open, where it is the same, else it is opened in its
// place, and the owner's own comes back when a run of the owner's needs it.
func (l Loan) Open(ctx context.Context, m library.Model) (Generator, error) {
	w := l.worker
	if w.has(m) {
		return w.model, nil
	}
	w.untold = true
	return w.swap(ctx, m)
}
