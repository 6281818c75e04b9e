package onnx

import (
	"sync"
	"time"
)

// idle closes a session that is not used for a while.
type idle struct {
	mu    sync.Mutex
	last  time.Time
	timer *time.Timer
}

// used records a use and schedules a check.
func (i *idle) used(g *Graph) {
	if g.options.Idle <= 0 {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = time.Now()
	if i.timer == nil {
		i.timer = time.AfterFunc(g.options.Idle, func() { i.look(g) })
	}
}

// look closes the session if its time is up, else checks again later.
func (i *idle) look(g *Graph) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if left := g.options.Idle - time.Since(i.last); left > 0 {
		i.timer.Reset(left)
		return
	}
	if !g.mu.TryLock() { // in use
		i.timer.Reset(g.options.Idle)
		return
	}
	defer g.mu.Unlock()
	g.close()
	i.timer = nil
}
