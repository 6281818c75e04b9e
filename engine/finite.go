package engine

import (
	"context"

	"nirvana/engine/fault"
)

// Widener is a network of half precision that can be made to compute in float32.
type Widener interface {
	// Widen does so from the next Run on; false where the network has nothing in half precision, or has been widened.
	Widen() (bool, error)
}

// finite says whether all values are numbers. NaN and the infinities are those that, taken from themselves, leave no zero.
func finite(v []float32) bool {
	var sum float32
	for _, x := range v {
		sum += x - x
	}
	return sum == 0
}

// allFinite is finite for a network's outputs.
func allFinite(out []Tensor) bool {
	for _, t := range out {
		if !finite(t.Data) {
			return false
		}
	}
	return true
}

// overflow names the network whose values are no numbers, and what helps.
func overflow(p Part) error {
	return fault.Overflow.Errorf("%s gave values that are no numbers (NaN or infinite): give LoRAs and embeddings less weight or leave them out, lower the guidance, or use the model in float32", p.Name)
}

// runObeying runs a network on as many rows as it takes.
func runObeying(ctx context.Context, p Part, inputs map[string]Tensor) ([]Tensor, error) {
	return obey(p.Graph, inputs, func(in map[string]Tensor) ([]Tensor, error) { return p.Graph.Run(ctx, in) })
}

// runFinite runs a network and fails where it gives anything but numbers.
func runFinite(ctx context.Context, p Part, inputs map[string]Tensor) ([]Tensor, error) {
	out, err := runObeying(ctx, p, inputs)
	if err == nil && !allFinite(out) {
		err = overflow(p)
	}
	return out, err
}

// runWide is runFinite for the VAE, which is known to leave the range of half precision: it is then computed in float32,
// from here on (as AUTOMATIC1111 does).
func runWide(ctx context.Context, p Part, inputs map[string]Tensor) ([]Tensor, error) {
	out, err := runObeying(ctx, p, inputs)
	if err != nil || allFinite(out) {
		return out, err
	}
	w, ok := p.Graph.(Widener)
	if !ok {
		return nil, overflow(p)
	}
	switch changed, err := w.Widen(); {
	case err != nil:
		return nil, err
	case !changed:
		return nil, overflow(p)
	}
	return runFinite(ctx, p, inputs)
}
