package graph

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
)

// Widener is a half-precision network that can be changed to compute in float32.
type Widener interface {
	// Widen does so from the next Run on; false where nothing is in half precision, or it was done before.
	Widen() (bool, error)
}

// Finite reports whether all values are finite: v - v is 0 except for NaN and the infinities.
func Finite(v []float32) bool {
	var sum float32
	for _, x := range v {
		sum += x - x
	}
	return sum == 0
}

// AllFinite is Finite for a network's outputs.
func AllFinite(out []tensor.Tensor) bool {
	for _, t := range out {
		if !Finite(t.Data) {
			return false
		}
	}
	return true
}

// Overflow is the error of a network whose outputs are not finite.
func Overflow(p Part) error {
	return fault.Overflow.Errorf("%s gave values that are not finite (NaN or infinity): lower the weights of LoRAs and embeddings or leave them out, lower the guidance, or use the model in float32", p.Name)
}

// RunInBatches runs a network on any number of rows, in batches of the size that it takes.
func RunInBatches(ctx context.Context, p Part, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	return InBatches(p.Graph, inputs, func(in map[string]tensor.Tensor) ([]tensor.Tensor, error) { return p.Graph.Run(ctx, in) })
}

// RunFinite is RunInBatches that fails where outputs are not finite.
func RunFinite(ctx context.Context, p Part, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	out, err := RunInBatches(ctx, p, inputs)
	if err == nil && !AllFinite(out) {
		err = Overflow(p)
	}
	return out, err
}

// RunWidening is RunFinite for VAEs, which can exceed half precision's range: then it computes in float32, from here
// on (as AUTOMATIC1111 does).
func RunWidening(ctx context.Context, p Part, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	out, err := RunInBatches(ctx, p, inputs)
	if err != nil || AllFinite(out) {
		return out, err
	}
	w, ok := p.Graph.(Widener)
	if !ok {
		return nil, Overflow(p)
	}
	switch changed, err := w.Widen(); {
	case err != nil:
		return nil, err
	case !changed:
		return nil, Overflow(p)
	}
	return RunFinite(ctx, p, inputs)
}
