package sample

import (
	"fmt"
	"math"

	"nirvana/engine/schedule"
)

// unclip is the ancestral sampling of unCLIP's priors and decoders (Ramesh et al.,
// "Hierarchical Text-Conditional Image Generation with CLIP Latents", 2022): DDPM over
// timesteps from end to end of the training schedule.
type unclip struct{ ddpm }

func newUnCLIP(cfg schedule.Config, o Options) (Sampler, error) {
	if v := cfg.Variance; v != "fixed_small_log" && v != "learned_range" {
		return nil, fmt.Errorf("variance_type %q is not possible: use fixed_small_log or learned_range", v)
	}
	d, err := newDiscrete(cfg, o)
	if err != nil {
		return nil, err
	}
	times, stride := make([]float64, o.Steps), float64(cfg.TrainTimesteps-1)/math.Max(float64(o.Steps-1), 1)
	for i := range times {
		times[o.Steps-1-i] = math.RoundToEven(float64(i) * stride)
	}
	if o.Steps == 1 {
		times[0] = float64(cfg.TrainTimesteps - 1)
	}
	d.at(times)
	return &unclip{ddpm{d}}, nil
}
