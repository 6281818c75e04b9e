package onnx

import (
	"errors"
	"sync"
)

// opening is what Begin started.
type opening struct {
	all   sync.WaitGroup
	mu    sync.Mutex
	fails []error
}

// Begin opens the networks that every picture needs, the denoiser and the text encoders, side by side
// and behind the caller. Ready waits for them.
func (l *Loaded) Begin() {
	first := []string{"unet"}
	for _, t := range l.Parts.Text {
		first = append(first, t.Name)
	}
	for _, component := range first {
		g := l.graphs[component]
		if g == nil {
			continue
		}
		l.opening.all.Go(func() {
			if err := g.Open(); err != nil {
				l.opening.mu.Lock()
				defer l.opening.mu.Unlock()
				l.opening.fails = append(l.opening.fails, err)
			}
		})
	}
}

// Ready waits for what Begin opens, and says what did not open.
func (l *Loaded) Ready() error {
	l.opening.all.Wait()
	return errors.Join(l.opening.fails...)
}

// Open starts the session, where it is not open yet: the next Run finds it ready.
func (g *Graph) Open() error {
	_, err := g.acquire()
	if err != nil {
		return err
	}
	g.mu.RUnlock()
	g.idle.used(g)
	return nil
}
