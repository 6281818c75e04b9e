package worker

import (
	"context"
	"sync"
)

// Door is the way from other goroutines back to the owner of the state. Its methods may be called on any goroutine.
type Door struct {
	ctx    context.Context
	post   func(func())
	around func() (end func())
	under  sync.WaitGroup // what goes on in the background
}

// NewDoor is a door to the owner, on whom post runs a function, later and in order. Every such function is between around
// and its end. When ctx ends, what comes through is dropped.
func NewDoor(ctx context.Context, post func(func()), around func() (end func())) *Door {
	return &Door{ctx: ctx, post: post, around: around}
}

// Post hands a function to the owner.
func (d *Door) Post(f func()) {
	d.post(func() {
		if d.ctx.Err() == nil {
			defer d.around()()
			f()
		}
	})
}

// Aside runs f on a goroutine that Rest waits for.
func (d *Door) Aside(f func()) {
	d.under.Add(1)
	go func() {
		defer d.under.Done()
		f()
	}()
}

// Beside works something out in the background, and then does what came of it on the owner.
func (d *Door) Beside(work func() (then func())) {
	d.Aside(func() { d.Post(work()) })
}

// Rest waits for what goes on in the background.
func (d *Door) Rest() { d.under.Wait() }
