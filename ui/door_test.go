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
	door.Open()
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

// Through a shut door comes nothing, neither what waited before it nor what is posted later.
func TestDoorShut(t *testing.T) {
	var loop []func()
	door, arrived := NewDoor(func(f func()) { loop = append(loop, f) }), 0
	door.Open()
	come := func() { arrived++ }
	door.Post(come)
	loop[0]()
	door.Post(come)
	door.Shut()
	door.Post(come)
	if len(loop) != 2 {
		t.Fatalf("the loop was handed %d functions, want 2", len(loop))
	}
	if loop[1](); arrived != 1 {
		t.Errorf("%d arrived, want the first alone", arrived)
	}
}

// What is posted before there is a window waits for it: nothing is handed to a toolkit without its application.
func TestDoorWaitsForTheWindow(t *testing.T) {
	var loop []func()
	var arrived []int
	door := NewDoor(func(f func()) { loop = append(loop, f) })
	door.Post(func() { arrived = append(arrived, 1) })
	door.Post(func() { arrived = append(arrived, 2) })
	if len(loop) > 0 {
		t.Fatal("a function was handed over before there was a window")
	}
	door.Open()
	if len(loop) != 1 {
		t.Fatalf("the loop was handed %d functions, want 1 for both", len(loop))
	}
	if loop[0](); len(arrived) != 2 || arrived[0] != 1 {
		t.Errorf("%v arrived, want both in order", arrived)
	}
}
