package onnx

import (
	"errors"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/rewrite"
)

// Widen changes a half-precision network to compute in float32 from the next Run on: its values exceed half
// precision's range. False where it is not in half precision, or was widened before.
func (g *Graph) Widen() (bool, error) {
	half, err := g.narrow()
	if err != nil {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !half || g.widened {
		return false, nil
	}
	g.widened = true
	if g.options.Notify != nil {
		g.options.Notify(fault.Notice{Format: fault.Widened, Args: []any{g.part()}})
	}
	return true, errors.Join(g.closeOthers(), g.close())
}

// narrow reports whether the network computes in half precision.
func (g *Graph) narrow() (bool, error) {
	if g.build != nil {
		g.mu.RLock()
		defer g.mu.RUnlock()
		return g.halved, nil
	}
	f, err := g.file()
	if err != nil {
		return false, err
	}
	half := rewrite.Float32(f.Model)
	return half, f.Close()
}
