package graph

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
)

// Widener is a network of half precision that can be made to compute in float32.
type Widener interface {
	// Widen does so from the next Run on; false where the network has nothing in half precision, or has been widened.
	Widen() (bool, error)
}

// Finite says whether all values are numbers. NaN and the infinities are those that, taken from themselves, leave no zero.
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

// Overflow names the network whose values are no numbers, and what helps.
func Overflow(p Part) error {
	return fault.Overflow.Errorf("%s gave values that are no numbers (NaN or infinite): give LoRAs and embeddings less weight or leave them out, lower the guidance, or use the model in float32", p.Name)
}

// RunInBatches runs a network on as many rows as it takes.
func RunInBatches(ctx context.Context, p Part, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	return InBatches(p.Graph, inputs, func(in map[string]tensor.Tensor) ([]tensor.Tensor, error) { return p.Graph.Run(ctx, in) })
}

// RunFinite runs a network and fails where it gives anything but numbers.
func RunFinite(ctx context.Context, p Part, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error) {
	out, err := RunInBatches(ctx, p, inputs)
	if err == nil && !AllFinite(out) {
		err = Overflow(p)
	}
	return out, err
}

// RunWidening is runFinite for the VAE, which is known to leave the range of half precision: it is then computed in float32,
// from here on (as AUTOMATIC1111 does).
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
