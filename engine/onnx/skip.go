package onnx

import (
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/rewrite"
)

// Skip is the text encoder with its final norm after an earlier layer. It is a network of its own, with the same
// adapters merged, and closed with this one.
func (g *Graph) Skip(layers int) (engine.Graph, error) {
	f, err := g.file()
	if err != nil {
		return nil, err
	}
	fits := rewrite.SkipLast(f.Model, layers)
	if err := f.Close(); err != nil {
		return nil, err
	}
	if !fits {
		return nil, fault.Settings.Errorf("%s does not say where its layers end, or has not so many: set clip skip to 0", g.name())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shorter == nil {
		g.shorter = map[int]*Graph{}
	}
	s := g.shorter[layers]
	if s == nil {
		s = &Graph{runtime: g.runtime, path: g.path, build: g.build, inHalf: g.inHalf, options: g.options, in: g.in, out: g.out, bytes: g.bytes, kept: g.kept, written: g.written, sources: g.sources,
			skip: layers, edits: g.edits}
		g.shorter[layers] = s
	}
	return s, nil
}

// closeShorter closes the networks that Skip made.
func (g *Graph) closeShorter() error {
	var first error
	for _, s := range g.shorter {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	g.shorter = nil
	return first
}
