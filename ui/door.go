package ui

import "sync"

// Door is the way back to the window's goroutine. Fyne takes about one function from its queue between two frames, so
// where a frame takes long (4K without a graphics card) a step, a stop or the end of the program would wait for as
// many frames as there are functions before it. Through the door all waiting functions run at once.
type Door struct {
	do      func(func())
	mu      sync.Mutex
	waiting []func()
	open    bool
	shut    bool
}

// NewDoor makes a door from do, the toolkit's own way to its goroutine: fyne.Do. Functions wait until it is opened.
func NewDoor(do func(func())) *Door { return &Door{do: do} }

// Post runs f on the window's goroutine, later and in order, or never where the door is shut. It may be called from
// any goroutine.
func (d *Door) Post(f func()) {
	d.mu.Lock()
	first := len(d.waiting) == 0 && d.open && !d.shut
	if !d.shut {
		d.waiting = append(d.waiting, f)
	}
	d.mu.Unlock()
	if first {
		d.do(d.enter)
	}
}

// Open lets functions through, once there is a window: the studio has work beside it before that, and the toolkit panics
// without its application.
func (d *Door) Open() {
	d.mu.Lock()
	d.open = true
	wait := len(d.waiting) > 0
	d.mu.Unlock()
	if wait {
		d.do(d.enter)
	}
}

// Shut drops waiting and later functions. Once its window is closed, Fyne may run functions on the goroutine that
// posts them, or panic.
func (d *Door) Shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut, d.waiting = true, nil
}

func (d *Door) enter() {
	d.mu.Lock()
	all := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	for _, f := range all {
		f()
	}
}
