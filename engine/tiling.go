package engine

import (
	"image"
	"math/rand/v2"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
	"nirvana/engine/vae"
)

// A seamless picture goes on at its opposite side. To a network there is nothing beyond an edge. So x_t is rolled by
// another distance at every evaluation and the prediction is rolled back, so that no place stays an edge; and the
// autoencoder sees beyond an edge what lies at the opposite one (vae.Around).

// Tiling says in which directions a picture is seamless.
type Tiling struct{ X, Y bool }

// ParseTiling reads Request.Tiling: "", "x", "y" or "both".
func ParseTiling(s string) (Tiling, error) {
	switch s {
	case "":
		return Tiling{}, nil
	case "x":
		return Tiling{X: true}, nil
	case "y":
		return Tiling{Y: true}, nil
	case "both":
		return Tiling{true, true}, nil
	}
	return Tiling{}, fault.Settings.Errorf("seamless in %q is not known: use x, y or both", s)
}

// String is the tiling as Request.Tiling has it.
func (t Tiling) String() string {
	switch t {
	case Tiling{true, false}:
		return "x"
	case Tiling{false, true}:
		return "y"
	case Tiling{true, true}:
		return "both"
	}
	return ""
}

func (t Tiling) around(v *vae.VAE) vae.Around { return vae.Around{VAE: v, X: t.X, Y: t.Y} }

// roll is how far each picture of a batch is rolled for one evaluation, in latent pixels; nil: not at all.
type roll []image.Point

// roll is the present evaluation's, by each picture's seed. DeepCache takes over what lies where it lay: the distance
// stays until the whole network runs again.
func (r *run) roll() roll {
	if r.tiling == (Tiling{}) {
		return nil
	}
	eval := r.state.Eval
	if n := r.request.DeepCache; n > 1 && r.window() == 0 {
		eval -= r.done() % n
	}
	seeds := r.request.Seeds
	if len(seeds) == 0 {
		seeds = []uint64{r.request.Seed}
	}
	all := make(roll, len(seeds))
	for i, seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, uint64(eval)^0x726f6c6c))
		x, y := rng.IntN(r.width), rng.IntN(r.height)
		if r.tiling.X {
			all[i].X = x
		}
		if r.tiling.Y {
			all[i].Y = y
		}
	}
	return all
}

// of is the i-th row's distance.
func (l roll) of(i int) image.Point {
	if len(l) == 0 {
		return image.Point{}
	}
	return l[i%len(l)]
}

// cut is h x w of every row of x from (y, cx) of the rolled plane on, whose places are k of x's wide.
func (l roll) cut(x Tensor, y, cx, h, w, k int) Tensor {
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	for i := range x.Shape[0] {
		d := l.of(i)
		copy(out.Row(i).Data, tensor.Wrapped(x.Row(i), y+k*d.Y, cx+k*d.X, h, w).Data)
	}
	return out
}

// there rolls x, in x_t's layout with whatever channels, back undoes it.
func (r *run) there(l roll, x Tensor) Tensor { return r.rolled(l, x, 1) }

func (r *run) back(l roll, x Tensor) Tensor { return r.rolled(l, x, -1) }

func (r *run) rolled(l roll, x Tensor, sign int) Tensor {
	if l == nil || x.Data == nil {
		return x
	}
	layout := r.model.traits.Layout
	return layout.Pack(l.cut(layout.Unpack(x, r.height, r.width), 0, 0, r.height, r.width, sign))
}
