package engine

import (
	"context"
	"image"
	"math"
	"math/rand/v2"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// projection turns latents into a small picture, a pixel a latent place: a
// linear map from channels to RGB, fitted to the model's own VAE.
type projection struct {
	// factors are [channel+1][3]: RGB in -1..1 = factors^T latent + last row.
	factors  []float32
	channels int
	packed   [2]int // FLUX: latent height and width, else zero
}

func projectionFrom(factors []float32, channels int) *projection {
	if len(factors) != 3*(channels+1) {
		return nil
	}
	return &projection{factors: factors, channels: channels}
}

// identity shows pixel-space x as it is.
func identity(channels int) *projection {
	f := make([]float32, 3*(channels+1))
	for c := 0; c < 3; c++ {
		f[3*min(c, channels-1)+c] = 1
	}
	return &projection{factors: f, channels: channels}
}

// picture shows the i-th of a batch.
func (p *projection) picture(x Tensor, i int) *image.RGBA {
	if p.packed != [2]int{} {
		x = unpack(x, p.packed[0], p.packed[1])
	}
	h, w := x.Shape[2], x.Shape[3]
	z := x.Row(i).Data
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	if p.channels == 4 {
		p.four(img.Pix, z)
		return img
	}
	bias := p.factors[3*p.channels:]
	for at := 0; at < h*w; at++ {
		r, g, b := bias[0], bias[1], bias[2]
		for c := 0; c < p.channels; c++ {
			v, f := z[c*h*w+at], p.factors[3*c:]
			r, g, b = r+f[0]*v, g+f[1]*v, b+f[2]*v
		}
		px := img.Pix[4*at : 4*at+4]
		px[0], px[1], px[2], px[3] = level(r), level(g), level(b), 255
	}
	return img
}

// four is picture's loop for four channels, the usual number: every step of every run waits for it.
func (p *projection) four(pix []uint8, z []float32) {
	n := len(pix) / 4
	z0, z1, z2, z3 := z[:n], z[n:2*n], z[2*n:3*n], z[3*n:4*n]
	f := (*[15]float32)(p.factors)
	for i, a := range z0 {
		b, c, d := z1[i], z2[i], z3[i]
		px := (*[4]uint8)(pix[4*i:])
		px[0] = level(f[12] + f[0]*a + f[3]*b + f[6]*c + f[9]*d)
		px[1] = level(f[13] + f[1]*a + f[4]*b + f[7]*c + f[10]*d)
		px[2] = level(f[14] + f[2]*a + f[5]*b + f[8]*c + f[11]*d)
		px[3] = 255
	}
}

// level maps -1..1 to 0..255.
func level(v float32) uint8 {
	v = v*127.5 + 127.5
	switch {
	case v >= 255:
		return 255
	case v > 0:
		return uint8(v + 0.5)
	}
	return 0 // also what is no number
}

// Previews are the fitted factors, for Parts.Previews of the next opening; nil before the first fit.
func (m *Model) Previews() []float32 {
	m.fit.Lock()
	defer m.fit.Unlock()
	if m.fit.view == nil {
		return nil
	}
	return m.fit.view.factors
}

// Warm does what the first run would have to wait for: the preview's fit.
func (m *Model) Warm(ctx context.Context) error {
	_, err := m.view(ctx)
	return err
}

func (m *Model) view(ctx context.Context) (*projection, error) {
	m.fit.Lock()
	defer m.fit.Unlock()
	if m.fit.view != nil {
		return m.fit.view, nil
	}
	var err error
	if m.config.pixel {
		m.fit.view = identity(m.config.channels)
	} else {
		m.fit.view, err = m.fitView(ctx)
	}
	return m.fit.view, err
}

// fitView fits RGB to latents by least squares over made-up pictures of soft
// blobs: encoded where the model has an encoder, else decoded from soft noise.
func (m *Model) fitView(ctx context.Context) (*projection, error) {
	side := 16
	if h, w := graph.FixedSides(m.encoder, "sample"); h > 0 && w > 0 {
		side = min(side, max(1, min(h, w)/m.config.scale))
	}
	if d := m.config.multiple / m.config.scale; side%d != 0 {
		side = d * (side/d + 1)
	}
	px := side * m.config.scale
	var z, pictures Tensor
	if m.encoder.Graph != nil {
		pictures = blobs(6, 3, px, 1)
		p, err := m.posterior(ctx, pictures)
		if err != nil {
			return nil, err
		}
		z = m.scaleLatents(p.mean.Clone())
	} else {
		z = blobs(6, m.config.channels, side, 2)
		out, err := m.runTiled(ctx, m.decoder, "latent_sample", m.unscaleLatents(z), float64(m.config.scale))
		if err != nil {
			return nil, err
		}
		pictures = out
	}
	return &projection{factors: fitLinear(z, tensor.Pool(pictures, z.Shape[2], z.Shape[3])), channels: m.config.channels}, nil
}

// blobs are soft random fields in -amplitude..amplitude: sums of a few wide cosines a channel.
func blobs(n, channels, side int, amplitude float64) Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	t := Zeros(n, channels, side, side)
	for p := 0; p < n*channels; p++ {
		base := rng.Float64()*1.6 - 0.8
		var fx, fy, ph, am [5]float64
		for k := range fx {
			fx[k], fy[k] = (rng.Float64()*2-1)*9, (rng.Float64()*2-1)*9
			ph[k], am[k] = rng.Float64()*6.28, 0.4*rng.Float64()
		}
		for i := 0; i < side*side; i++ {
			v := base
			for k := range fx {
				v += am[k] * math.Cos(fx[k]*float64(i%side)/float64(side)+fy[k]*float64(i/side)/float64(side)+ph[k])
			}
			t.Data[p*side*side+i] = float32(amplitude * min(max(v, -1), 1))
		}
	}
	return t
}

// fitLinear solves rgb = factors^T [z 1] by the normal equations, with a touch of ridge.
func fitLinear(z, rgb Tensor) []float32 {
	c := z.Shape[1]
	k, per := c+1, z.Shape[2]*z.Shape[3]
	a := make([][]float64, k) // [k][k+3] augmented
	for i := range a {
		a[i] = make([]float64, k+3)
		a[i][i] = 1e-4
	}
	row := make([]float64, k)
	for n := 0; n < z.Shape[0]; n++ {
		for at := 0; at < per; at++ {
			for i := 0; i < c; i++ {
				row[i] = float64(z.Data[(n*c+i)*per+at])
			}
			row[c] = 1
			for i := range row {
				for j := range row {
					a[i][j] += row[i] * row[j]
				}
				for q := 0; q < 3; q++ {
					a[i][k+q] += row[i] * float64(rgb.Data[(n*3+q)*per+at])
				}
			}
		}
	}
	return solve(a, k)
}

// solve is Gauss-Jordan elimination with pivoting of [k][k+3]; the result is [k][3] flat.
func solve(a [][]float64, k int) []float32 {
	for i := 0; i < k; i++ {
		p := i
		for r := i + 1; r < k; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		a[i], a[p] = a[p], a[i]
		for r := 0; r < k; r++ {
			if r == i {
				continue
			}
			f := a[r][i] / a[i][i]
			for q := i; q < k+3; q++ {
				a[r][q] -= f * a[i][q]
			}
		}
	}
	out := make([]float32, 3*k)
	for i := 0; i < k; i++ {
		for q := 0; q < 3; q++ {
			out[3*i+q] = float32(a[i][k+q] / a[i][i])
		}
	}
	return out
}
