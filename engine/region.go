package engine

import (
	"context"
	"fmt"
	"image"
	"math"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/random"
	"nirvana/engine/text"
)

// Regions are parts of the picture with words of their own. Where cross-attention takes biases, the network is asked once for
// the words of all, and biases keep each region's to it (paint-with-words of eDiff-I, Balaji et al., 2022; what Regional
// Prompter, which masks the outputs of attention, calls its attention mode). Else it is asked once more for each, and
// its answers are mixed place by place (Bar-Tal et al., MultiDiffusion, 2023, section 4.2; Regional Prompter's latent mode):
// any denoiser that takes words can do that.

// Region is a part of the picture with words of its own.
type Region struct {
	// Mask is 255 where the region is, resized to the picture; greys mix.
	Mask   *image.Gray
	Prompt string
	Weight float32 // how much its words count there beside the prompt's and other regions', up to 10; 0: 1
}

// What Shared.RegionMode can be; "" is RegionAttention.
const (
	RegionAttention  = "attention"  // biases of cross-attention, where the network takes them
	RegionPrediction = "prediction" // mixed predictions
)

// RegionModeOf is how a request's regions act in the model; "" where there are none.
func (f Facts) RegionModeOf(r Request) string {
	switch {
	case len(r.Regions) == 0:
		return ""
	case f.RegionAttention && r.RegionMode != RegionPrediction:
		return RegionAttention
	}
	return RegionPrediction
}

// MaxRegions is how many regions one run has.
const MaxRegions = 8

// checkRegions refuses regions that a run cannot have.
func (p *plan) checkRegions() error {
	regions := p.request.Regions
	if len(regions) > MaxRegions {
		return fault.Settings.Errorf("%d regions are not possible: use up to %d", len(regions), MaxRegions)
	}
	if _, err := ParseRegionMode(p.request.RegionMode); err != nil {
		return err
	}
	if len(regions) > 0 && !p.model.net.NeedsText() {
		return fault.Settings.Errorf("%s takes no words, so regions mean nothing to it: leave them out", p.model.facts.Name)
	}
	for i, g := range regions {
		if !(g.Weight >= 0 && g.Weight <= 10) {
			return fault.Settings.Errorf("region %d's weight of %g is not possible: use 0 to 10", i+1, g.Weight)
		}
		if g.Mask == nil || !tight(g.Mask.Rect, g.Mask.Stride, len(g.Mask.Pix), 1) {
			return fault.Settings.Errorf("region %d has no mask: give one", i+1)
		}
	}
	return nil
}

// ParseRegionMode checks a Shared.RegionMode.
func ParseRegionMode(s string) (string, error) {
	if s == "" || s == RegionAttention || s == RegionPrediction {
		return s, nil
	}
	return "", fault.Settings.Errorf("regions by %q is not known: use %s or %s", s, RegionAttention, RegionPrediction)
}

// region is one as a run has it.
type region struct {
	prompts   *text.Timeline // nil: the words are taken literally
	words     text.Row       // at the present step
	condition family.Condition
	share     []float32 // of the prediction, or of the attention, at each latent pixel
}

// regions reads the request's: where they are, and how much they count there. base is what is left to the prompt.
func (p *plan) regions() (all []region, base []float32) {
	if len(p.request.Regions) == 0 {
		return nil, nil
	}
	sum := make([]float32, p.height*p.width)
	for i, g := range p.request.Regions {
		mask := pixel.ResizeMask(g.Mask, p.request.Width, p.request.Height)
		one := region{words: text.Row{First: []string{g.Prompt}, Label: fmt.Sprintf("region%d_", i+1)}, share: pixel.MaskTensor(mask, p.width, p.height, true)}
		for k := range one.share {
			one.share[k] *= or(g.Weight, 1)
			sum[k] += one.share[k]
		}
		if p.request.Syntax {
			one.prompts = text.NewTimeline(one.words, text.Row{}, p.promptSteps(), p.request.regionDice(i))
		}
		all = append(all, one)
	}
	base = make([]float32, len(sum))
	for k, s := range sum {
		base[k] = max(0, 1-s)
		for i := range all {
			all[i].share[k] /= max(1, s)
		}
	}
	return all, base
}

// regionDice draws the wildcards of the i-th region's words.
func (r Request) regionDice(i int) func(n int) int {
	return random.NewTorch(r.Seed ^ uint64(i+1)*0x9e3779b97f4a7c15).Intn
}

// encode encodes a region's words for a step, where they are others than before.
func (g *region) encode(ctx context.Context, p *plan, step int) error {
	if g.prompts != nil {
		if g.condition != nil && !g.prompts.Changes(step) {
			return nil
		}
		g.words = g.prompts.At(step)[0].Row
	} else if g.condition != nil {
		return nil
	}
	var err error
	g.condition, err = p.condition(ctx, g.words, p.request.ClipSkip, false)
	return err
}

// mixRegions mixes what the network predicts of each region's words into c, its prediction of the prompt, where the regions do
// not act in its attention.
func (r *run) mixRegions(ctx context.Context, in input, c Tensor) error {
	if len(r.conditioning.regions) == 0 || r.sharesAttention() {
		return nil
	}
	at := r.pixelOf()
	for i := range c.Data {
		c.Data[i] *= r.conditioning.base[at(i)]
	}
	for k := range r.conditioning.regions {
		g := &r.conditioning.regions[k]
		if empty(g.share) {
			continue
		}
		own, err := r.callDenoiser(ctx, in, row{name: fmt.Sprint("region", k+1), Condition: g.condition}, r.extra)
		if err != nil {
			return err
		}
		for i := range c.Data {
			c.Data[i] += g.share[at(i)] * own.Data[i]
		}
	}
	return nil
}

func empty(share []float32) bool {
	most := float32(0)
	for _, s := range share {
		most = max(most, float32(math.Abs(float64(s))))
	}
	return most == 0
}
