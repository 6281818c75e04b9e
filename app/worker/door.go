package worker

import (
	"context"
	"sync"
)

// Door runs functions of other goroutines on the owner of the state. Its methods may be called on any goroutine.
type Door struct {
	ctx    context.Context
	post   func(func())
	around func() (end func())
	under  sync.WaitGroup // background work
}

// NewDoor is a door to the owner; post runs a function there, later and in order, wrapped by around. When ctx ends,
// functions are dropped.
func NewDoor(ctx context.Context, post func(func()), around func() (end func())) *Door {
	return &Door{ctx: ctx, post: post, around: around}
}

// Post runs a function on the owner.
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

// Beside computes something in the background and then calls its result on the owner.
func (d *Door) Beside(work func() (then func())) {
	d.Aside(func() { d.Post(work()) })
}

// Rest waits for background work.
func (d *Door) Rest() { d.under.Wait() }
