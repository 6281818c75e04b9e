package ui

import (
	"sync"
	"testing"
)

// What goes through the door arrives once, in each sender's order, also when it is posted from inside.
func TestDoor(t *testing.T) {
	const senders, each = 8, 200
	loop := make(chan func(), 2*senders*each)
	defer close(loop)
	go func() {
		for f := range loop {
			f()
		}
	}()
	door := NewDoor(func(f func()) { loop <- f })
	got := make([][]int, senders)
	var inside, all sync.WaitGroup
	inside.Add(senders * each)
	for s := range senders {
		all.Go(func() {
			for i := range each {
				door.Post(func() {
					got[s] = append(got[s], i)
					door.Post(inside.Done)
				})
			}
		})
	}
	all.Wait()
	inside.Wait()
	for s, numbers := range got {
		if len(numbers) != each {
			t.Fatalf("sender %d: %d of %d arrived", s, len(numbers), each)
		}
		for i, n := range numbers {
			if n != i {
				t.Fatalf("sender %d: %d came as number %d", s, n, i)
			}
		}
	}
}
