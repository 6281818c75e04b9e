package vae

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"sync"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Projection shows latents as a small picture, one pixel for each latent pixel: a linear map from channels to RGB,
// fitted to the model's own VAE.
type Projection struct {
	// factors are [channel+1][3]: RGB in -1 to 1 = factors^T latent + last row.
	factors  []float32
	channels int
}

// identity shows pixel-space x as it is.
func identity(channels int) *Projection {
	f := make([]float32, 3*(channels+1))
	for c := 0; c < 3; c++ {
		f[3*min(c, channels-1)+c] = 1
	}
	return &Projection{factors: f, channels: channels}
}

// Projected is the projection of factors that Factors gave; nil where they are none.
func Projected(factors []float32) *Projection {
	if len(factors) < 6 || len(factors)%3 != 0 {
		return nil
	}
	return &Projection{factors, len(factors)/3 - 1}
}

// Factors are all there is to know of it.
func (p *Projection) Factors() []float32 { return p.factors }

// Channels is how many the latents have.
func (p *Projection) Channels() int { return p.channels }

// Picture shows the i-th of a batch [n, channel, height, width].
func (p *Projection) Picture(x tensor.Tensor, i int) *image.RGBA {
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

// four is Picture's loop for four channels, the usual number; every step of every run waits for it.
func (p *Projection) four(pix []uint8, z []float32) {
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

// level maps -1 to 1 to 0 to 255.
func level(v float32) uint8 {
	v = v*127.5 + 127.5
	switch {
	case v >= 255:
		return 255
	case v > 0:
		return uint8(v + 0.5)
	}
	return 0 // NaN too
}

// Fitted are the projection's factors; nil before the first fit.
func (v *VAE) Fitted() []float32 {
	v.fit.Lock()
	defer v.fit.Unlock()
	if v.fit.projection == nil {
		return nil
	}
	return v.fit.projection.factors
}

// Projection is the fit to the decoder, made by the first call.
func (v *VAE) Projection(ctx context.Context) (*Projection, error) {
	v.fit.Lock()
	defer v.fit.Unlock()
	if v.fit.projection != nil {
		return v.fit.projection, nil
	}
	var err error
	if v.Pixel() {
		v.fit.projection = identity(v.Channels)
	} else {
		v.fit.projection, err = v.fitProjection(ctx)
	}
	return v.fit.projection, err
}

// fitProjection fits RGB to latents by least squares over synthetic pictures of soft blobs: encoded where the model
// has an encoder, else decoded from soft noise.
func (v *VAE) fitProjection(ctx context.Context) (*Projection, error) {
	side := 16
	if h, w := graph.FixedSides(v.Encoder, "sample"); h > 0 && w > 0 {
		side = min(side, max(1, min(h, w)/v.Scale))
	}
	if d := v.Multiple / v.Scale; side%d != 0 {
		side = d * (side/d + 1)
	}
	px := side * v.Scale
	var z, pictures tensor.Tensor
	if v.Encoder.Graph != nil {
		pictures = blobs(6, 3, px, 1)
		p, err := v.Posterior(ctx, pictures, nil)
		if err != nil {
			return nil, err
		}
		z = v.ScaleLatents(p.Mean.Clone())
	} else {
		z = blobs(6, v.Channels, side, 2)
		out, err := v.runTiled(ctx, v.Decoder, "latent_sample", v.UnscaleLatents(z), float64(v.Scale), nil)
		if err != nil {
			return nil, err
		}
		pictures = out
	}
	return &Projection{factors: fitLinear(z, tensor.Pool(pictures, z.Shape[2], z.Shape[3])), channels: v.Channels}, nil
}

// blobs are soft random fields in -amplitude to amplitude: sums of a few wide cosines for each channel.
func blobs(n, channels, side int, amplitude float64) tensor.Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	t := tensor.Zeros(n, channels, side, side)
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

// fitLinear solves rgb = factors^T [z 1] by the normal equations, with a small ridge term.
func fitLinear(z, rgb tensor.Tensor) []float32 {
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

// fit is the projection once it is fitted.
type fit struct {
	sync.Mutex
	projection *Projection
}

// KeepProjection sets the factors of an earlier fit, if they match the number of channels.
func (v *VAE) KeepProjection(factors []float32) {
	if len(factors) == 3*(v.Channels+1) {
		v.fit.projection = &Projection{factors: factors, channels: v.Channels}
	}
}
