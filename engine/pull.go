package engine

import (
	"context"
	"iter"
)

// Puller takes the steps of a run one at a time.
type Puller interface {
	// Start has the next step computed beside the caller, where that is possible.
	Start()
	// Next returns the next step; false: there is none.
	Next() (Step, error, bool)
	// Stop ends the run and returns when it has ended.
	Stop()
}

// pullInTurn computes a step when it is asked for.
func pullInTurn(ctx context.Context, generate Generator, r Request) Puller {
	var p inTurn
	p.next, p.stop = iter.Pull2(generate(ctx, r))
	return p
}

type inTurn struct {
	next func() (Step, error, bool)
	stop func()
}

func (inTurn) Start()                      {}
func (p inTurn) Next() (Step, error, bool) { return p.next() }
func (p inTurn) Stop()                     { p.stop() }
