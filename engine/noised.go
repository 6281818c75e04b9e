package engine

import (
	"context"
	"fmt"
	"image"

	"nirvana/engine/pixel"
)

// Noised is the forward process on a picture: X is x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) noise at timestep t, 0
// to Timesteps-1, and X0 the picture's latents (Ho et al., 2020, equation 4).
func (m *Model) Noised(ctx context.Context, img *image.RGBA, seed uint64, t int) (Step, error) {
	total := m.facts.Timesteps
	if t < 0 || t >= total {
		return Step{}, fmt.Errorf("timestep %d is outside 0 to %d", t, total-1)
	}
	projection, err := m.vae.Projection(ctx)
	if err != nil {
		return Step{}, err
	}
	w, h, err := m.Size(Request{Width: img.Rect.Dx() / m.config.Multiple * m.config.Multiple, Height: img.Rect.Dy() / m.config.Multiple * m.config.Multiple})
	if err != nil {
		return Step{}, err
	}
	x := Zeros(1, 3, h, w)
	pixel.ToTensor(pixel.Resize(img, w, h), x.Data)
	p, err := m.vae.Posterior(ctx, x, nil)
	if err != nil {
		return Step{}, err
	}
	clean := m.vae.ScaleLatents(p.Mean.Clone())
	noise := Zeros(clean.Shape...)
	src, err := newSources(Request{Seed: seed})
	if err != nil {
		return Step{}, err
	}
	src.Normal(noise.Data)
	noisy := Zeros(clean.Shape...)
	table, err := m.scheduler.Table()
	if err != nil {
		return Step{}, err
	}
	table.Diffuse(noisy.Data, clean.Data, noise.Data, t)
	return Step{Index: 0, Of: 1, Timestep: float32(t), Sigma: table.Sigma(t), X: noisy, X0: clean, view: &view{Projection: projection}}, nil
}
