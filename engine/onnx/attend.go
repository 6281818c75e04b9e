package onnx

import (
	"context"
	"errors"
	"time"

	"nirvana/engine"
	"nirvana/engine/onnx/rewrite"
)

// attendIdle is how long the session with the maps stays open without being used, at most: it holds weights of its own.
const attendIdle = time.Minute

// RunAttending is Run with the maps of the network's cross-attention, [batch, position, token], behind the outputs: the
// mean over each block's heads. They are of a second network, which is opened by the first call and closed by
// EndAttending.
func (g *Graph) RunAttending(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	a, err := g.attender()
	if err != nil {
		return nil, err
	}
	return a.Run(ctx, inputs)
}

// CrossAttention are the sides of a position of each of RunAttending's maps, in x_t's pixels; none where the network has
// no cross-attention that is known.
func (g *Graph) CrossAttention() ([]int, error) {
	a, err := g.attender()
	if err != nil {
		return nil, err
	}
	return a.strides, nil
}

// EndAttending frees the second network's memory.
func (g *Graph) EndAttending() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closeAttending()
}

// attender is the network with the maps as further outputs. It is not open yet.
func (g *Graph) attender() (*Graph, error) {
	g.mu.RLock()
	a := g.attending
	g.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	f, err := g.file()
	if err != nil {
		return nil, err
	}
	maps := rewrite.CrossMaps(f.Model, states)
	if err := f.Close(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.attending == nil {
		g.attending = g.withMaps(maps)
	}
	return g.attending, nil
}

// withMaps is the network as it is now with the maps.
func (g *Graph) withMaps(maps []rewrite.CrossMap) *Graph {
	a := &Graph{runtime: g.runtime, path: g.path, build: g.build, inHalf: g.inHalf, options: g.options, in: g.in, biases: g.biases, others: g.others, bytes: g.bytes, sources: g.sources,
		skip: g.skip, edits: g.edits, draft: g.draft, widened: g.widened, attends: true}
	a.options.Cache = ""
	if a.options.Idle = attendIdle; g.options.Idle > 0 {
		a.options.Idle = min(g.options.Idle, attendIdle)
	}
	a.out = append(a.out, g.out...)
	for _, m := range maps {
		a.out = append(a.out, engine.Port{Name: m.Output, Type: "float32", Shape: []int{-1, -1, -1}})
		a.strides = append(a.strides, m.Stride)
	}
	return a
}

func (g *Graph) closeAttending() error {
	if g.attending == nil {
		return nil
	}
	err := g.attending.Close()
	g.attending = nil
	return err
}

// closeOthers closes the networks that were made from this one.
func (g *Graph) closeOthers() error { return errors.Join(g.closeShorter(), g.closeAttending()) }
