package engine

import (
	"context"
	"errors"
	"math"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/sample"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// XRay is one evaluation of the denoiser looked into: that which follows a step.
type XRay struct {
	// With and Without are the step with the x_0 that the network predicts with the prompt, and without it: with the
	// negative prompt, as guidance uses it. Without.X0 has no data where the model has no such prediction.
	With, Without Step
	// Difference is how far the two are apart at every latent pixel, row by row: the root of the squares' mean over the
	// channels. Nil without Without.
	Difference []float32
	// Words are the prompt's words at this evaluation, with where they act; none where the network's cross-attention
	// cannot be seen, or was not asked for.
	Words         []AttendedWord
	Width, Height int // in latent pixels
}

// AttendedWord is a word of the prompt and the attention that it gets at every latent pixel, row by row: the weights of
// its tokens, the mean over the heads and the blocks of the network (Tang et al., "What the DAAM", 2022).
type AttendedWord struct {
	Text      string
	Attention []float32
}

// At are the words' shares of the attention at a latent pixel. They sum to 1.
func (x XRay) At(column, row int) []float32 {
	out := make([]float32, len(x.Words))
	sum := float32(0)
	for i, w := range x.Words {
		out[i] = w.Attention[row*x.Width+column]
		sum += out[i]
	}
	for i := range out {
		if sum > 0 {
			out[i] /= sum
		} else {
			out[i] = 1 / float32(len(out))
		}
	}
	return out
}

// XRay looks into the evaluation that follows the last of a run's steps. Those before it are there for their states,
// where x_t alone does not tell how to evaluate. words asks for the words, for which the network is opened a second time:
// EndXRay frees it. Nothing of the run is changed.
func (m *Model) XRay(ctx context.Context, q Request, steps []Step, words bool) (XRay, error) {
	q.Live, q.Report, q.Early = nil, nil, false
	r, err := m.at(ctx, q, steps)
	if err != nil {
		return XRay{}, stopped(ctx, err)
	}
	x, err := r.look(ctx, words)
	if err != nil {
		return XRay{}, r.explain(ctx, err)
	}
	return x, nil
}

// EndXRay frees what XRay holds.
func (m *Model) EndXRay() error {
	err := m.net.EndAttending()
	m.draftLock.Lock()
	defer m.draftLock.Unlock()
	if m.drafter != nil {
		err = errors.Join(err, m.drafter.net.EndAttending())
	}
	return err
}

// at is the run as it stands at the last of its steps.
func (m *Model) at(ctx context.Context, q Request, steps []Step) (*run, error) {
	if len(steps) == 0 || steps[len(steps)-1].X.Data == nil {
		return nil, fault.Settings.Errorf("the step is not kept any more: make the picture again")
	}
	m, q, err := m.distilled(q)
	if err != nil {
		return nil, err
	}
	all, err := m.stages(q)
	if err != nil {
		return nil, err
	}
	changes, err := m.script(q)
	if err != nil {
		return nil, err
	}
	stage := 0
	if len(all) > 1 || steps[len(steps)-1].State.Sampler.X != nil {
		if q.Resume, err = m.reach(ctx, q, steps); err != nil {
			return nil, err
		}
		stage = min(q.Resume.Stage, len(all)-1)
	}
	r, err := m.prepareStage(ctx, q, all, stage, nil)
	if err == nil && q.Resume == nil {
		err = r.stand(ctx, q, steps)
	}
	if err != nil {
		return nil, err
	}
	r.request.Resume = &State{} // the strokes before are in x_t
	r.follow(changes, nil)
	if err := r.catchUp(ctx); err != nil {
		return nil, err
	}
	if r.finished() {
		return nil, fault.Settings.Errorf("no evaluation follows the last step: look at the one before")
	}
	return r, r.steer(ctx)
}

// stand puts a run of one stage at the last of its steps, whose state is not kept: x_t tells how to evaluate, but for
// samplers that choose their noise levels on the way or evaluate several times a step.
func (r *run) stand(ctx context.Context, q Request, steps []Step) error {
	last := steps[len(steps)-1]
	st := &sample.State{Eval: r.begin + last.Index, Begin: r.begin, X: last.X.Data, X0: last.X0.Data}
	if _, free := r.sampler.(sample.Free); free || r.sampler.Order() > 1 || !sample.Rests(r.sampler, st) {
		state, err := r.model.reach(ctx, q, steps)
		if err != nil {
			return err
		}
		return r.resume(*state)
	}
	if len(st.X) != len(r.state.X) {
		return fault.Settings.Errorf("the step holds %d values and this request %d: it belongs to another size or model", len(last.X.Data), len(r.state.X))
	}
	r.state = st
	before := *st
	for before.Eval--; before.Eval > r.begin && !sample.Rests(r.sampler, &before); before.Eval-- {
	}
	r.steering.rested = before.Eval - r.begin // strokes after it are not in x_t yet
	return nil
}

// reach is the state at the last of a run's steps, by the evaluations from the newest state that is kept.
func (m *Model) reach(ctx context.Context, q Request, steps []Step) (*State, error) {
	last := steps[len(steps)-1]
	q.Resume = nil
	for i := len(steps) - 1; i >= 0 && q.Resume == nil; i-- {
		if s := steps[i]; s.State.Sampler.X != nil {
			q.Resume = &steps[i].State
		}
	}
	if last.State.Sampler.X != nil {
		return &last.State, nil
	}
	for s, err := range m.Generate(ctx, q) {
		if err != nil {
			return nil, err
		}
		if s.Index == last.Index {
			return &s.State, nil
		}
	}
	return nil, fault.Settings.Errorf("the run does not come to step %d any more: make the picture again", last.Index)
}

// look evaluates the network with and without the prompt.
func (r *run) look(ctx context.Context, words bool) (XRay, error) {
	t, _ := r.at()
	r.progress.row, r.scale = 0, 1
	r.sampler.Scale(r.scaled, r.state.X, r.state)
	in := input{Tensor{Shape: r.shape, Data: r.scaled}, t}
	if err := r.conditioning.update(ctx, r.state.Eval); err != nil {
		return XRay{}, err
	}
	out := XRay{Width: r.width, Height: r.height}
	c, tokens, err := r.callAttending(ctx, in, words)
	if err == nil {
		err = r.mixRegions(ctx, in, c)
	}
	if err != nil {
		return out, err
	}
	var u Tensor
	if r.model.facts.Guided || r.model.net.NeedsText() {
		if u, err = r.callDenoiser(ctx, in, against("negative", r.conditioning.negative), r.extra); err != nil {
			return out, err
		}
		if len(r.conditioning.positives) > 1 {
			if err := r.composePrompts(ctx, in, c.Data, u.Data, 1); err != nil {
				return out, err
			}
		}
	}
	if out.With, err = r.predicted(c.Data); err == nil && u.Data != nil {
		if out.Without, err = r.predicted(u.Data); err == nil {
			out.Difference = r.apart(out.With.X0, out.Without.X0)
		}
	}
	if tokens.Data != nil {
		out.Words = r.words(tokens)
	}
	return out, err
}

// attended takes the attention of a call behind the network's output, as further channels.
type attended struct{ channels int } // of the output; 0: there is no attention to be seen

func (a *attended) call(ctx context.Context, net *family.Network, x, t Tensor, c family.Condition, residuals []Tensor) (Tensor, error) {
	out, err := net.CallAttending(ctx, x, t, c, residuals)
	if err != nil || out.Tokens.Data == nil {
		return out.Out, err
	}
	a.channels = out.Out.Shape[1]
	return tensor.ConcatChannels(out.Out, out.Tokens), nil
}

// callAttending is the prompt's row and, with words, the attention of its tokens, [batch, token, height, width].
func (r *run) callAttending(ctx context.Context, in input, words bool) (c, tokens Tensor, err error) {
	var a attended
	if words {
		r.attended = &a
		defer func() { r.attended = nil }()
	}
	out, err := r.callDenoiser(ctx, in, r.prompt(), r.extra)
	if err != nil || a.channels == 0 {
		return out, tokens, err
	}
	return tensor.FirstChannels(out, a.channels), lastChannels(out, a.channels), nil
}

// lastChannels are those from index from on.
func lastChannels(x Tensor, from int) Tensor {
	out := Zeros(x.Shape[0], x.Shape[1]-from, x.Shape[2], x.Shape[3])
	for i := range x.Shape[0] {
		copy(out.Row(i).Data, x.Row(i).Data[from*x.Shape[2]*x.Shape[3]:])
	}
	return out
}

// predicted is the present step with the x_0 that an output predicts: a copy of the state goes on by it, without noise.
func (r *run) predicted(out []float32) (Step, error) {
	ahead := r.state.Clone()
	if err := r.sampler.Step(&ahead, r.meanOnly(out), silence{}); err != nil {
		return Step{}, err
	}
	s := r.step()
	s.X0 = Tensor{Shape: r.shape, Data: ahead.X0}
	return s, nil
}

// apart is how far two predictions are apart at every latent pixel of the first picture.
func (r *run) apart(a, b Tensor) []float32 {
	if a.Data == nil || b.Data == nil {
		return nil
	}
	a, b = r.unpack(a).Row(0), r.unpack(b).Row(0)
	n := r.height * r.width
	out := make([]float32, n)
	for i, v := range a.Data {
		d := v - b.Data[i]
		out[i%n] += d * d
	}
	for i, v := range out {
		out[i] = float32(math.Sqrt(float64(v) / float64(len(a.Data)/n)))
	}
	return out
}

// words are the prompt's words, and the regions' where they act in its attention, with the attention of their tokens in the
// first picture.
func (r *run) words(tokens Tensor) (out []AttendedWord) {
	if !r.sharesAttention() {
		return r.wordsOf(r.conditioning.prompted(r.promptStep(r.state.Eval))[0].Row, tokens, 0)
	}
	at := 0
	for _, p := range r.parts() {
		out = append(out, r.wordsOf(p.words, tokens, at)...)
		at += p.condition[family.Hidden].Shape[1]
	}
	return out
}

// wordsOf are the words of a text whose tokens begin at from.
func (r *run) wordsOf(row text.Row, tokens Tensor, from int) (out []AttendedWord) {
	n := r.height * r.width
	for _, w := range r.model.text.Words(row, 0) {
		sum := make([]float32, n)
		for _, at := range w.At {
			if at += from; at >= tokens.Shape[1] {
				break // the states were cut
			}
			for i, v := range tokens.Data[at*n : (at+1)*n] {
				sum[i] += v
			}
		}
		out = append(out, AttendedWord{w.Text, sum})
	}
	return out
}
