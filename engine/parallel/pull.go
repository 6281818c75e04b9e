// Package parallel computes runs beside each other, for networks that run on several servers: the contenders of a search
// (Pull), and runs that are asked for one after the other (Runs). The engine itself starts no goroutines. What comes out is
// what the same runs are one after the other, bit for bit.
package parallel

import (
	"context"
	"sync"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// Pull is an engine.Puller whose Start computes on a goroutine of its own. The request's Report is called by Next.
func Pull(ctx context.Context, generate engine.Generator, r engine.Request) engine.Puller {
	p := &puller{report: r.Report, want: make(chan struct{}, 1), got: make(chan pulled, 1), told: make(chan report), ended: make(chan struct{})}
	if r.Report != nil {
		r.Report = func(phase engine.Phase, share float64) {
			select {
			case p.told <- report{phase, share}:
			default: // nobody waits for it
			}
		}
	}
	ctx, p.cancel = context.WithCancel(ctx)
	go p.run(ctx, generate, r)
	return p
}

type pulled struct {
	step engine.Step
	err  error
}

// report is how far a long part of a run is.
type report struct {
	phase engine.Phase
	share float64
}

type puller struct {
	report func(engine.Phase, float64)
	cancel context.CancelFunc
	want   chan struct{} // a step; closed: none any more
	got    chan pulled
	told   chan report
	ended  chan struct{}

	begun bool // the next step is under way
	over  sync.Once
}

func (p *puller) run(ctx context.Context, generate engine.Generator, r engine.Request) {
	defer close(p.ended)
	err := fault.Guarded(func() error {
		if _, wanted := <-p.want; !wanted {
			return nil
		}
		for step, err := range generate(ctx, r) {
			p.got <- pulled{step, err}
			if _, wanted := <-p.want; !wanted {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		p.got <- pulled{err: err}
	}
}

func (p *puller) Start() {
	if !p.begun {
		p.begun = true
		p.want <- struct{}{}
	}
}

func (p *puller) Next() (engine.Step, error, bool) {
	p.Start()
	for {
		select {
		case r := <-p.told:
			p.report(r.phase, r.share)
		case one := <-p.got:
			p.begun = false
			return one.step, one.err, true
		case <-p.ended:
			select {
			case one := <-p.got: // its last
				p.begun = false
				return one.step, one.err, true
			default:
				return engine.Step{}, nil, false
			}
		}
	}
}

func (p *puller) Stop() {
	p.over.Do(func() {
		p.cancel()
		close(p.want)
	})
	<-p.ended
}
