package worker

import (
	"context"
	"testing"
)

// What comes of work beside the owner is done on the owner, between its brackets, and dropped at the end.
func TestDoor(t *testing.T) {
	posted, depth := make(chan func(), 9), 0
	ctx, cancel := context.WithCancel(context.Background())
	d := NewDoor(ctx, func(f func()) { posted <- f }, func() func() { depth++; return func() { depth-- } })
	n := 0
	d.Beside(func() func() {
		v := 41
		return func() { n += v + depth }
	})
	d.Rest()
	if n != 0 {
		t.Fatal("it was done beside the owner")
	}
	(<-posted)()
	if n != 42 || depth != 0 {
		t.Errorf("%d, %d deep", n, depth)
	}
	d.Post(func() { n = 0 })
	cancel()
	if (<-posted)(); n != 42 {
		t.Error("it was done after the end")
	}
}
