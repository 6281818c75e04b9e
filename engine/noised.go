package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/pixel"
	"nirvana/engine/schedule"
)

// noising is a picture on its way into noise.
type noising struct {
	clean Tensor
	src   *sources
	table *schedule.Table
	view  *view
}

// noising encodes a picture for the forward process.
func (m *Model) noising(ctx context.Context, img *image.RGBA, seed uint64, t int) (*noising, error) {
	if total := m.facts.Timesteps; t < 0 || t >= total {
		return nil, fmt.Errorf("timestep %d is outside 0 to %d", t, total-1)
	}
	projection, err := m.vae.Projection(ctx)
	if err != nil {
		return nil, err
	}
	w, h, err := m.Size(Request{Width: img.Rect.Dx() / m.config.Multiple * m.config.Multiple, Height: img.Rect.Dy() / m.config.Multiple * m.config.Multiple})
	if err != nil {
		return nil, err
	}
	x := Zeros(1, 3, h, w)
	pixel.ToTensor(pixel.Resize(img, w, h), x.Data)
	p, err := m.vae.Posterior(ctx, x, nil)
	if err != nil {
		return nil, err
	}
	n := &noising{clean: m.vae.ScaleLatents(p.Mean.Clone()), view: &view{Projection: projection}}
	if n.src, err = newSources(Request{Seed: seed}); err == nil {
		n.table, err = m.scheduler.Table()
	}
	return n, err
}

func (n *noising) step(x Tensor, t int) Step {
	return Step{Index: 0, Of: 1, Timestep: float32(t), Sigma: n.table.Sigma(t), X: x, X0: n.clean, view: n.view}
}

// Noised is the forward process on a picture: X is x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) noise at timestep t, 0
// to Timesteps-1, and X0 the picture's latents (Ho et al., 2020, equation 4).
func (m *Model) Noised(ctx context.Context, img *image.RGBA, seed uint64, t int) (Step, error) {
	n, err := m.noising(ctx, img, seed, t)
	if err != nil {
		return Step{}, err
	}
	noise, noisy := Zeros(n.clean.Shape...), Zeros(n.clean.Shape...)
	n.src.Normal(noise.Data)
	n.table.Diffuse(noisy.Data, n.clean.Data, noise.Data, t)
	return n.step(noisy, t), nil
}
