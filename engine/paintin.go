package engine

import (
	"context"
	"image"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/random"
	"nirvana/engine/sample"
)

// paint blends strokes and grafts into x_t, between two steps of the sampler.
func (r *run) paint(ctx context.Context, c Change) error {
	x := append([]float32(nil), r.state.X...)
	for i, s := range c.Strokes {
		// the encoder looks at surroundings: transparent pixels get the stroke's own colours, not black
		painted := pixel.Packed(s.Picture)
		hole := pixel.Transparent(painted)
		clean, err := r.encodeMean(ctx, r.sized(pixel.Fill(painted, hole)))
		if err != nil {
			return err
		}
		noised := make([]float32, len(x))
		sample.Renoise(r.sampler, noised, clean.Data, r.ownNoise(r.index(), i+1).Data, r.state)
		r.mix(x, noised, pixel.Invert(hole), s.Strength)
	}
	for _, g := range c.Grafts {
		if len(g.X.Data) != len(x) {
			return fault.Settings.Errorf("what is grafted at step %d has %d values and this run %d: it must be a step of a run of the same size and model", c.At, len(g.X.Data), len(x))
		}
		r.mix(x, g.X.Data, g.Mask, g.Strength)
	}
	sample.Replace(r.sampler, r.state, x)
	return nil
}

// mix is x <- x + strength mask (other - x).
func (r *run) mix(x, other []float32, mask *image.Gray, strength float32) {
	share := pixel.MaskTensor(pixel.ResizeMask(mask, r.request.Width, r.request.Height), r.width, r.height, true)
	at := r.pixelOf()
	for i := range x {
		m := strength * share[at(i)]
		x[i] += m * (other[i] - x[i])
	}
}

// ownNoise draws noise from a generator of its own, so that the run's draws stay as they are: from the seed, a step and
// a number.
func (r *run) ownNoise(step, number int) Tensor {
	seed := (r.request.Seed*0x9e3779b97f4a7c15+uint64(step))*0x9e3779b97f4a7c15 + uint64(number) + 1
	z := Zeros(r.n, r.model.vae.Channels, r.height, r.width)
	random.NewTorch(seed).Normal(z.Data)
	return r.model.traits.Layout.Pack(z)
}
