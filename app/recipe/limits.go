package recipe

import (
	"fmt"

	"nirvana/engine"
)

// limit is a number of a recipe with the range that a run could have had.
type limit struct {
	name        string
	number      any // *int or *float32
	least, most float64
}

func (r *Recipe) limits() []limit {
	const side = 1 << 16 // px
	out := []limit{
		{"steps", &r.Steps, 0, 10000}, {"width", &r.Width, 0, side}, {"height", &r.Height, 0, side}, {"guidance", &r.Guidance, -1000, 1000},
		{"guidance rescale", &r.Rescale, 0, 1}, {"weight of Perp-Neg", &r.PerpNeg, 0, 1000}, {"strength", &r.Strength, 0, 1},
		{"DeepCache", &r.DeepCache, 0, 10000}, {"churn", &r.SChurn, 0, 1e6}, {"s_tmin", &r.STMin, 0, 1e6}, {"s_tmax", &r.STMax, 0, 1e6},
		{"s_noise", &r.SNoise, 0, 1000}, {"variation", &r.Variation, 0, 1}, {"image guidance", &r.ImageGuidance, 0, 1000}, {"true guidance", &r.TrueGuidance, 0, 1000},
		{"aesthetic score", &r.Aesthetic, 0, 1000}, {"place of the refiner", &r.RefinerAt, 0, 1}, {"feather", &r.Feather, 0, 4096},
	}
	if r.EtaAncestral != nil {
		out = append(out, limit{"eta of ancestral samplers", r.EtaAncestral, 0, 1000})
	}
	each := func(name string, list []int, most float64) {
		for i := range list {
			out = append(out, limit{name, &list[i], 0, most})
		}
	}
	each("expand", r.Expand, side)
	each("frame", r.Frame, side)
	each("original size", r.OriginalSize, side)
	each("crop", r.CropTopLeft, side)
	for i := range r.Controls {
		c := &r.Controls[i]
		out = append(out, limit{"weight of a ControlNet", &c.Weight, -100, 100}, limit{"beginning of a ControlNet", &c.From, 0, 1}, limit{"end of a ControlNet", &c.Until, 0, 1})
	}
	for i := range r.Regions {
		out = append(out, limit{"weight of a region", &r.Regions[i].Weight, 0, 10})
	}
	if u := r.Upscale; u != nil {
		out = append(out, limit{"factor of the upscaler", &u.Factor, 0, 16}, limit{"refinement", &u.Refine, 0, 1})
	}
	for i := range r.LoRAs {
		out = append(out, limit{"weight of a LoRA", &r.LoRAs[i].Weight, -1000, 1000})
	}
	return out
}

// lists are those whose length is bounded, so that reading a recipe never takes long.
func (r *Recipe) lists() []struct {
	name       string
	have, most int
} {
	return []struct {
		name       string
		have, most int
	}{{"timesteps", len(r.Timesteps), 10000}, {"sigmas", len(r.Sigmas), 10001}, {"scales of guidance", len(r.Curve), 10000}, {"LoRAs", len(r.LoRAs), 1000}, {"VAEs", len(r.VAE), 16}, {"text encoders", len(r.TextEncoders), 16},
		{"ControlNets", len(r.Controls), 64}, {"regions", len(r.Regions), engine.MaxRegions}, {"styles", len(r.Styles), 1000}, {"embeddings", len(r.Embeddings), 10000}, {"numbers of expand", len(r.Expand), 4}, {"numbers of a frame", len(r.Frame), 4},
		{"numbers of an interval", len(r.Interval), 2}, {"numbers of an original size", len(r.OriginalSize), 2}, {"numbers of a crop", len(r.CropTopLeft), 2},
		{"numbers of an unfinished run", len(r.Unfinished), 2}, {"hashes", len(r.Hashes), 1 << 20}, {"scales of steps", len(r.Scales), 1 << 20}}
}

func (l limit) value() float64 {
	switch n := l.number.(type) {
	case *int:
		return float64(*n)
	case *float32:
		return float64(*n)
	}
	return 0
}

func (l limit) within() bool { v := l.value(); return v >= l.least && v <= l.most } // false for NaN

// check refuses numbers that no run could have had.
func (r *Recipe) check() error {
	for _, l := range r.lists() {
		if l.have > l.most {
			return fmt.Errorf("the recipe has %d %s, and at most %d are possible", l.have, l.name, l.most)
		}
	}
	for _, l := range r.limits() {
		if !l.within() {
			return fmt.Errorf("the recipe's %s is %g, and can be from %g to %g", l.name, l.value(), l.least, l.most)
		}
	}
	for _, p := range r.Shared.Each() {
		if err := p.Check(); err != nil {
			return fmt.Errorf("the recipe: %w", err)
		}
	}
	return r.checkChanges(0)
}

// bound drops numbers of another program's recipe that no run here could have.
func (f *Found) bound() {
	for _, p := range f.Recipe.Shared.Each() {
		if err := p.Check(); err != nil {
			f.lose("%v", err)
			p.Clear()
		}
	}
	for _, l := range f.Recipe.limits() {
		if l.within() {
			continue
		}
		f.lose("%s: %g", l.name, l.value())
		switch n := l.number.(type) {
		case *int:
			*n = 0
		case *float32:
			*n = 0
		}
	}
}

// Check is check for a recipe that was received from elsewhere.
func (r *Recipe) Check() error { return r.check() }
