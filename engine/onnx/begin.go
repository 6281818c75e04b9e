package onnx

import (
	"errors"
	"sync"
)

// opening is an opening that Begin started.
type opening struct {
	all   sync.WaitGroup
	mu    sync.Mutex
	fails []error
}

// Begin opens the networks that every picture needs, the denoiser and the text encoders, concurrently and in the
// background. Ready waits for them.
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

// Ready waits for what Begin opens, and returns the first error.
func (l *Loaded) Ready() error {
	l.opening.all.Wait()
	return errors.Join(l.opening.fails...)
}

// Open starts the session, if it is not open yet, so that the next Run does not wait for it.
func (g *Graph) Open() error {
	g.mu.RLock()
	biased := g.biased
	g.mu.RUnlock()
	_, err := g.acquire(biased)
	if err != nil {
		return err
	}
	g.mu.RUnlock()
	g.idle.used(g)
	return nil
}
