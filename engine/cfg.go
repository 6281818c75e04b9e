package engine

import (
	"context"
	"errors"
	"slices"

	"nirvana/engine/family"
	"nirvana/engine/tensor"
)

// errLeft ends a run whose caller left the loop during an evaluation.
var errLeft = errors.New("the loop was left")

// canBatchCFG reports whether the rows with and without the prompt can be computed in one call.
func (r *run) canBatchCFG() bool {
	m, rows := r.model, r.conditioning
	if !m.oneCall || len(m.net.Residuals) > 0 || len(rows.positives) != 1 || r.window() > 0 || !m.net.AnyBatch() {
		return false
	}
	shares := r.sharesAttention()
	return (shares || len(rows.regions) == 0) && stackable(rows.positives[0].Condition, rows.negative, r.n, shares && m.net.OtherStates == "")
}

// stackable reports whether two rows have the same tensors of the same shapes, one row a picture; padded: text states are
// made equally long.
func stackable(a, b family.Condition, pictures int, padded bool) bool {
	for name, t := range a {
		same := slices.Equal(t.Shape, b[name].Shape) || padded && name == family.Hidden && len(b[name].Shape) == 3
		if !same || len(t.Shape) > 0 && (t.Shape[0] != pictures || b[name].Shape[0] != pictures) {
			return false
		}
	}
	return true
}

// predictCFG computes both rows in one call.
func (r *run) predictCFG(ctx context.Context, in input, g float32) (prediction, error) {
	around := r.roll()
	x := r.joined(around, in.x, r.extra)
	c, u := r.bothConditions(place{roll: around}, x)
	both := family.Condition{}
	for name, t := range c {
		if both[name] = t; t.Data != nil && u[name].Data != nil {
			both[name] = tensor.Stack(t, u[name])
		}
	}
	out, err := r.model.net.Call(ctx, tensor.Stack(x, x), r.model.time(in.t, 2*r.n), both, nil, r.reuse("both"))
	if err != nil {
		return prediction{}, err
	}
	half := len(out.Data) / 2
	shape := append([]int{r.n}, out.Shape[1:]...)
	with, without := Tensor{Shape: shape, Data: out.Data[:half]}, Tensor{Shape: shape, Data: out.Data[half:]}
	r.watchFirst(x, with, nil)
	return r.combineCFG(ctx, in, r.back(around, with), r.back(around, without), g)
}

// bothConditions are those of the rows with and without the prompt, for one call.
func (r *run) bothConditions(at place, x Tensor) (c, u family.Condition) {
	with, without := r.prompt(), against("negative", r.conditioning.negative)
	if !r.sharesAttention() {
		return with.Condition, without.Condition
	}
	return r.model.net.Alike(r.sharing(with, at, x), r.sharing(without, at, x), r.n)
}

// showEarly yields what the prompt alone predicts, before the first guided evaluation: the sampler steps on a copy,
// without noise.
func (r *run) showEarly(c Tensor) error {
	if !r.request.Early || r.show == nil || r.done() > 0 {
		return nil
	}
	ahead := r.state.Clone()
	if err := r.sampler.Step(&ahead, r.meanOnly(c.Data), silence{}); err != nil || ahead.X0 == nil {
		return nil // the real step reports the error
	}
	s := r.step()
	s.X0 = Tensor{Shape: r.shape, Data: ahead.X0}
	if !r.show(s) {
		return errLeft
	}
	return nil
}

// silence is a source of zeros in place of noise.
type silence struct{}

func (silence) Normal(dst []float32) { clear(dst) }

// reuse decides for a call with DeepCache whether the whole network runs: at every DeepCache-th evaluation.
func (r *run) reuse(name string) family.Reuse {
	if r.request.DeepCache < 2 || r.window() > 0 {
		return family.Reuse{}
	}
	return family.Reuse{Row: name, Fresh: r.done()%r.request.DeepCache == 0}
}
