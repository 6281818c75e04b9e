package engine

import (
	"context"
	"fmt"
	"image"
	"math"

	"nirvana/engine/family"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// conditioning is what the denoiser is conditioned on at the present step, for each row.
type conditioning struct {
	plan      *plan
	positives []weighted
	negative  family.Condition
	empty     family.Condition // of an empty prompt, where Perp-Neg needs it; else nil
	prompts   *text.Timeline   // prompts that change with the steps; nil: none
	regions   []region
	base      []float32 // the prompt's own share at each latent pixel, where there are regions
	at        int       // the evaluation that the rows belong to
}

// weighted is one of several prompts joined by AND.
type weighted struct {
	family.Condition
	weight float32
}

// encodeConditioning encodes the rows of the first evaluation.
func (p *plan) encodeConditioning(ctx context.Context) (*conditioning, error) {
	c, req := &conditioning{plan: p}, p.request
	c.regions, c.base = p.regions()
	if err := c.reread(ctx, p.begin); err != nil {
		return nil, err
	}
	first := c.positives[0].Condition
	req.watch("conditioning", first[family.Hidden])
	req.watch("text_embeds", first[family.Pooled])
	req.watch("time_ids", first["time_ids"])
	req.watch("timestep_cond", first["timestep_cond"])
	req.watch("negative_conditioning", c.negative[family.Hidden])
	return c, nil
}

// reread encodes the request's texts again, for this evaluation and those that follow.
func (c *conditioning) reread(ctx context.Context, eval int) error {
	p, req := c.plan, c.plan.request
	if req.Syntax {
		c.prompts = text.NewTimeline(req.positive(), req.negative(), p.promptSteps(), req.dice())
	}
	c.at, c.empty = eval, nil
	if err := c.encode(ctx, p.promptStep(eval)); err != nil {
		return err
	}
	if req.PerpNeg == 0 || req.negative().Blank() || !p.model.net.NeedsText() {
		return nil
	}
	none := text.Row{First: []string{""}, Absent: true, Label: "empty_"}
	var err error
	c.empty, err = p.condition(ctx, none, 0, true)
	return err
}

// update encodes the rows again where the prompt changes at this evaluation, and the regions' words.
func (c *conditioning) update(ctx context.Context, eval int) error {
	for k := range c.regions {
		if err := c.regions[k].encode(ctx, c.plan, c.plan.promptStep(eval)); err != nil {
			return fmt.Errorf("region %d: %w", k+1, err)
		}
	}
	if c.prompts == nil || eval == c.at {
		return nil
	}
	step, before := c.plan.promptStep(eval), c.at
	c.at = eval
	if before == eval-1 && !c.prompts.Changes(step) {
		return nil
	}
	return c.encode(ctx, step)
}

// encode encodes all rows of a step.
func (c *conditioning) encode(ctx context.Context, step int) error {
	positives, err := c.encodePositives(ctx, step)
	if err != nil {
		return err
	}
	negative, err := c.encodeNegative(ctx, step)
	if err == nil {
		c.positives, c.negative = positives, negative
	}
	return err
}

// encodePositives encodes the prompt of a step: several rows where AND joins prompts.
func (c *conditioning) encodePositives(ctx context.Context, step int) ([]weighted, error) {
	var out []weighted
	for _, row := range c.prompted(step) {
		one, err := c.plan.condition(ctx, row.Row, c.plan.request.ClipSkip, false)
		if err != nil {
			return nil, err
		}
		out = append(out, weighted{one, row.Weight})
	}
	return out, nil
}

// prompted are the prompt's rows of text at a step.
func (c *conditioning) prompted(step int) []text.Weighted {
	if c.prompts != nil {
		return c.prompts.At(step)
	}
	return []text.Weighted{{Row: c.plan.request.positive(), Weight: 1}}
}

// encodeNegative encodes the negative prompt of a step.
func (c *conditioning) encodeNegative(ctx context.Context, step int) (family.Condition, error) {
	row, skip := c.plan.request.negative(), 0
	if c.prompts != nil {
		row = c.prompts.Negative(step)
		if c.plan.model.text.FinalNorm { // diffusers applies clip skip to the prompt alone, AUTOMATIC1111 to both
			skip = c.plan.request.ClipSkip
		}
	}
	return c.plan.condition(ctx, row, skip, true)
}

// condition is one row for the whole batch: text states, and sizes, scores, guidance and classes as numbers.
func (p *plan) condition(ctx context.Context, row text.Row, skip int, negative bool) (family.Condition, error) {
	c := family.Condition{}
	if p.model.net.NeedsText() {
		if err := p.encodeTexts(ctx, c, row, skip); err != nil {
			return nil, err
		}
	}
	return c, p.model.family.Condition(c, p.settings(), negative)
}

// encodeTexts adds the text states; shorter ones of a batch are padded with their last row, as AUTOMATIC1111 does.
func (p *plan) encodeTexts(ctx context.Context, c family.Condition, row text.Row, skip int) error {
	o := text.Options{Skip: skip, MaxSequence: p.request.MaxSequence, WithoutT5: p.request.WithoutT5, Watch: p.request.Watch, Pictures: p.seenByText()}
	all, longest := make([]text.States, p.n), 0
	for i := range all {
		s, err := p.model.family.Encode(ctx, p.model.text, o, row, i)
		if err != nil {
			return err
		}
		all[i], longest = s, max(longest, s.Hidden.Shape[1])
	}
	var hidden, pooled Tensor
	for _, s := range all {
		hidden = tensor.Stack(hidden, tensor.RepeatLastRow(s.Hidden, longest))
		if s.Pooled.Data != nil {
			pooled = tensor.Stack(pooled, s.Pooled)
		}
	}
	c[family.Hidden], c[family.Pooled], c["pooled_projections"] = hidden, pooled, pooled
	return nil
}

// seenByText gives the run's picture and its references to a language model.
func (p *plan) seenByText() (all []text.Seen) {
	if img := p.request.Init; img != nil && !p.ownFitted {
		img := onWhite(img)
		all = append(all, shown(p.model.traits.References.Shown, img, img, image.Pt(p.request.Width, p.request.Height)))
	}
	for _, r := range p.references {
		all = append(all, shown(p.model.traits.References.Shown, r.whole, r.seen, r.seen.Rect.Size()))
	}
	return all
}

// shown gives a picture of any size asked for, and at its own as the denoiser sees it.
func shown(sizeOf func(area int, of image.Point) image.Point, whole, own *image.RGBA, size image.Point) text.Seen {
	return func(area int, fit func(width, height int) (int, int)) Tensor {
		at, of := size, own
		if area > 0 {
			at, of = sizeOf(area, whole.Rect.Size()), whole
		}
		seen := pixel.Resize(of, at.X, at.Y)
		if w, h := fit(at.X, at.Y); image.Pt(w, h) != at {
			at, seen = image.Pt(w, h), pixel.ResizeBicubic(seen, w, h)
		}
		t := Zeros(1, 3, at.Y, at.X)
		pixel.ToTensor(seen, t.Data)
		return t
	}
}

// settings are the request's parameters that condition the network as numbers.
func (p *plan) settings() family.Settings {
	r := p.request
	return family.Settings{Pictures: p.n, Picture: r.Init != nil && !p.ownFitted, Width: r.Width, Height: r.Height, LatentWidth: p.width, LatentHeight: p.height, Channels: p.model.vae.Channels, References: p.latentsOfReferences(),
		Guidance: r.guidanceOr(p.model.facts.Guidance), OriginalSize: r.OriginalSize, TargetSize: r.TargetSize, NegativeOriginal: r.NegativeOriginal,
		Crop: r.CropTopLeft, Aesthetic: r.AestheticScore, NegativeAesthetic: r.AestheticNeg, Classes: r.ClassLabels, Watch: r.watch}
}

// promptSteps is how many evaluations prompt schedules such as [a:b:0.5] are relative to: all steps, also where
// strength leaves some out, times two for samplers that evaluate twice a step, as AUTOMATIC1111 counts.
func (p *plan) promptSteps() int {
	n := p.request.Steps
	return n * max(1, int(math.Round(float64(len(p.times))/float64(n))))
}

// promptStep is the number of an evaluation for prompt schedules; a refiner's continue the base model's.
func (p *plan) promptStep(eval int) int {
	if p.request.Start > 0 {
		return eval
	}
	return eval - p.begin
}
