package worker

import (
	"context"

	"nirvana/app/library"
)

// Lend gives the worker to a guest, another program's request, until f returns. f is called on the worker's goroutine
// and must not use its argument afterwards.
func (w *Worker) Lend(f func(Loan)) { w.work(func() { f(Loan{w}) }) }

// Loan is the worker as a guest sees it.
type Loan struct{ worker *Worker }

// Open returns a model, which stays the worker's: the open one if it is the same; otherwise that is replaced, and the
// owner's model is opened again when a run needs it.
func (l Loan) Open(ctx context.Context, m library.Model) (Generator, error) {
	w := l.worker
	if w.has(m) {
		return w.model, nil
	}
	w.untold = true
	return w.swap(ctx, m)
}
