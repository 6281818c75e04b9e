package engine

import (
	"context"
	"errors"
	"slices"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// errLeft says that the caller left the loop in the midst of an evaluation.
var errLeft = errors.New("the loop was left")

// inOneCall says that the rows with and without the prompt are asked together.
func (r *run) inOneCall() bool {
	in, _ := r.model.net.Graph.Ports()
	x := graph.Find(in, r.model.net.sample)
	p, n := r.positives[0], r.negatives
	return r.model.oneCall && len(r.model.net.residuals) == 0 && len(r.positives) == 1 && !r.distilled() && r.window() == 0 &&
		x.Shape[0] < 0 && (len(r.model.net.timestep.Shape) == 0 || r.model.net.timestep.Shape[0] < 0) &&
		slices.Equal(p.hidden.Shape, n.hidden.Shape) && slices.Equal(p.pooled.Shape, n.pooled.Shape)
}

// askBoth is one call for both rows: the prompt's answer and the other's.
func (r *run) askBoth(ctx context.Context, x Tensor, t float32) (c, u Tensor, err error) {
	if r.extraC > 0 {
		x = tensor.ConcatChannels(x, Tensor{Shape: []int{r.n, r.extraC, r.height, r.width}, Data: r.extra})
	}
	if !r.watched {
		r.request.watch("first_input", x)
	}
	p, n := r.positives[0].condition, r.negatives
	two := condition{hidden: both(p.hidden, n.hidden), pooled: both(p.pooled, n.pooled), timeIDs: both(p.timeIDs, n.timeIDs), classes: both(p.classes, n.classes)}
	out, err := r.model.net.call(ctx, both(x, x), t, two, nil, [2]int{}, r.reuse("both"))
	if err != nil {
		return c, u, err
	}
	half := len(out.Data) / 2
	shape := append([]int{r.n}, out.Shape[1:]...)
	c, u = Tensor{Shape: shape, Data: out.Data[:half]}, Tensor{Shape: shape, Data: out.Data[half:]}
	if !r.watched {
		r.request.watch("first_output", c)
		r.watched = true
	}
	return c, u, nil
}

// both stacks two rows' tensors; none where there is none.
func both(a, b Tensor) Tensor {
	if a.Data == nil || b.Data == nil {
		return a
	}
	return tensor.Stack(a, b)
}

// reuse says how a draft's call runs; the zero value is no draft.
type reuse struct {
	row   string
	fresh bool
}

func (r *run) reuse(name string) reuse {
	if r.request.Draft < 2 || r.window() > 0 {
		return reuse{}
	}
	return reuse{name, (r.state.Eval-r.begin)%r.request.Draft == 0}
}

// showEarly hands over what the prompt alone predicts, before the first guided
// evaluation: the sampler steps on a copy, without noise.
func (r *run) showEarly(c Tensor) error {
	if !r.request.Early || r.show == nil || r.state.Eval != r.begin {
		return nil
	}
	ahead := r.state.Clone()
	if err := r.sampler.Step(&ahead, r.expected(c.Data), silence{}); err != nil || ahead.X0 == nil {
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
