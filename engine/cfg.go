package engine

import (
	"context"
	"errors"
	"slices"

	"nirvana/engine/family"
	"nirvana/engine/tensor"
)

// errLeft says that the caller left the loop in the midst of an evaluation.
var errLeft = errors.New("the loop was left")

// canBatchCFG says that the rows with and without the prompt can be asked for together.
func (r *run) canBatchCFG() bool {
	m, rows := r.model, r.conditioning
	return m.oneCall && len(m.net.Residuals) == 0 && len(rows.positives) == 1 && r.window() == 0 && m.net.AnyBatch() &&
		stackable(rows.positives[0].Condition, rows.negative, r.n)
}

// stackable says that two rows have the same tensors of the same shapes, a row for every picture.
func stackable(a, b family.Condition, pictures int) bool {
	for name, t := range a {
		if !slices.Equal(t.Shape, b[name].Shape) || len(t.Shape) > 0 && t.Shape[0] != pictures {
			return false
		}
	}
	return true
}

// predictCFG is one call for both rows.
func (r *run) predictCFG(ctx context.Context, in input, g float32) (prediction, error) {
	around := r.roll()
	x, c, u := r.there(around, r.withExtra(in.x, r.extra)), r.conditioning.positives[0], r.conditioning.negative
	both := family.Condition{}
	for name, t := range c.Condition {
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

// showEarly hands over what the prompt alone predicts, before the first guided
// evaluation: the sampler steps on a copy, without noise.
func (r *run) showEarly(c Tensor) error {
	if !r.request.Early || r.show == nil || r.done() > 0 {
		return nil
	}
	ahead := r.state.Clone()
	if err := r.sampler.Step(&ahead, r.meanOnly(c.Data), silence{}); err != nil || ahead.X0 == nil {
		return nil // the step proper will tell
	}
	s := r.step()
	s.X0 = Tensor{Shape: r.shape, Data: ahead.X0}
	if !r.show(s) {
		return errLeft
	}
	return nil
}

// silence is a source of noise that has none.
type silence struct{}

func (silence) Normal(dst []float32) { clear(dst) }

// reuse says how a call of DeepCache runs: the whole network at every DeepCache-th evaluation.
func (r *run) reuse(name string) family.Reuse {
	if r.request.DeepCache < 2 || r.window() > 0 {
		return family.Reuse{}
	}
	return family.Reuse{Row: name, Fresh: r.done()%r.request.DeepCache == 0}
}
