package engine

import (
	"context"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// tell prepares all that the network is told beside x_t, for both rows.
func (r *run) tell(ctx context.Context) error {
	req, m := r.request, r.model
	r.guidance = m.facts.Guidance
	if req.Syntax {
		r.prompts = text.NewTimeline(req.positive(), req.negative(), r.promptSteps(), req.dice())
	}
	r.told = r.begin
	if err := r.tellRows(ctx, r.promptStep(r.begin)); err != nil {
		return err
	}
	if err := r.tellEmpty(ctx); err != nil {
		return err
	}
	req.watch("conditioning", r.positives[0].hidden)
	req.watch("text_embeds", r.positives[0].pooled)
	req.watch("time_ids", r.positives[0].timeIDs)
	req.watch("timestep_cond", r.positives[0].timestepCond)
	req.watch("negative_conditioning", r.negatives.hidden)
	return r.tellControl()
}

// positiveRows are the prompt's rows at a step: several where AND joins them.
func (r *run) positiveRows(ctx context.Context, step int) ([]weighted, error) {
	req := r.request
	rows := []text.Weighted{{Row: req.positive(), Weight: 1}}
	if r.prompts != nil {
		rows = r.prompts.At(step)
	}
	var out []weighted
	for _, row := range rows {
		c, err := r.model.textCondition(ctx, req, row.Row, req.ClipSkip)
		if err != nil {
			return nil, err
		}
		if err := r.addNumbers(&c, false); err != nil {
			return nil, err
		}
		out = append(out, weighted{c, row.Weight})
	}
	return out, nil
}

// negativeRow is the negative prompt's at a step.
func (r *run) negativeRow(ctx context.Context, step int) (condition, error) {
	t := r.request.negative()
	if r.prompts != nil {
		t = r.prompts.Negative(step)
	}
	skip := 0
	if r.prompts != nil && r.model.net.kind == kindPlain { // diffusers skips for the prompt alone, AUTOMATIC1111 for both
		skip = r.request.ClipSkip
	}
	c, err := r.model.textCondition(ctx, r.request, t, skip)
	if err != nil {
		return c, err
	}
	return c, r.addNumbers(&c, true)
}

// tellEmpty encodes the empty prompt where Perp-Neg holds a negative one against it.
func (r *run) tellEmpty(ctx context.Context) (err error) {
	if r.request.PerpNeg == 0 || r.request.negative().Blank() || !r.model.net.needsText() {
		return nil
	}
	none := text.Row{First: []string{""}, Absent: true, Label: "empty_"}
	if r.empty, err = r.model.textCondition(ctx, r.request, none, 0); err != nil {
		return err
	}
	return r.addNumbers(&r.empty, true)
}

// tellRows sets the rows of a step.
func (r *run) tellRows(ctx context.Context, step int) error {
	positives, err := r.positiveRows(ctx, step)
	if err != nil {
		return err
	}
	negatives, err := r.negativeRow(ctx, step)
	if err == nil {
		r.positives, r.negatives = positives, negatives
	}
	return err
}

// retell changes the rows where the prompt says so at this step.
func (r *run) retell(ctx context.Context) error {
	if r.prompts == nil || r.state.Eval == r.told {
		return nil
	}
	step, before := r.promptStep(r.state.Eval), r.told
	r.told = r.state.Eval
	if before == r.state.Eval-1 && !r.prompts.Changes(step) {
		return nil
	}
	return r.tellRows(ctx, step)
}

// addNumbers adds what is told in numbers: sizes, guidance, class.
func (r *run) addNumbers(c *condition, negative bool) error {
	req, net := r.request, &r.model.net
	if net.timeIDs > 0 {
		ids := r.model.timeIDs(req, req.Width, req.Height, negative)
		if len(ids) != net.timeIDs {
			return fault.Unknown.Errorf("%s wants %d time_ids, this program knows 5 and 6: this kind of model is not supported", net.Name, net.timeIDs)
		}
		c.timeIDs = tensor.Repeat(ids, r.n, len(ids))
	}
	if net.timestepCond > 0 {
		w := float64(req.guidanceOr(r.guidance)) - 1
		c.timestepCond = tensor.Repeat(guidanceEmbedding(w, net.timestepCond), r.n, net.timestepCond)
	}
	if net.has["guidance"] {
		c.guidance = tensor.Repeat([]float32{req.guidanceOr(r.guidance)}, r.n)
		req.watch("guidance", c.guidance)
	}
	if net.has["class_labels"] {
		return r.addClasses(c, negative)
	}
	return nil
}

// addClasses labels the pictures; the negative row has the null class.
func (r *run) addClasses(c *condition, negative bool) error {
	c.classes = Zeros(r.n)
	for i := range c.classes.Data {
		label := 0
		if k := len(r.request.ClassLabels); k > 0 {
			label = r.request.ClassLabels[i%k]
		}
		if negative {
			label = r.model.nullClass()
		} else if label < 0 || label >= len(r.model.config.classes) {
			return fault.Settings.Errorf("class %d is not one of %s's %d classes (0 to %d)", label, r.model.facts.Name, len(r.model.config.classes), len(r.model.config.classes)-1)
		}
		c.classes.Data[i] = float32(max(label, 0))
	}
	return nil
}

// nullClass is the label that stands for no class: one more than the folder
// names, where its network knows one more; -1 where there is none.
func (m *Model) nullClass() int {
	if m.config.named > 0 && m.config.labels == m.config.named+1 {
		return m.config.named
	}
	return -1
}
