package sample

import (
	"fmt"
	"strings"

	"nirvana/engine/schedule"
)

// own refuses timesteps and noise levels of the run's own that the sampler cannot use.
func (o Options) own(cfg schedule.Config, takes traits) error {
	if err := o.Churn.check(); err != nil {
		return err
	}
	if len(o.Sigmas) > 0 {
		if !takes.sigmas && !strings.HasPrefix(cfg.Class, schedule.KDiffusion) || cfg.Class == "UniPCMultistepScheduler" && !cfg.FlowSigmas {
			return fmt.Errorf("%s takes no sigmas of the run's own: leave them out, or choose Euler", cfg.Class)
		}
		for i, s := range o.Sigmas {
			level := cfg.Class == "EulerDiscreteScheduler" && i == len(o.Sigmas)-1 && s == o.Sigmas[i-1] // its own end where that is sigma_min
			if !(s >= 0) || i > 0 && s >= o.Sigmas[i-1] && !level {
				return fmt.Errorf("sigma %g at position %d is not below the one before: they fall, and none is below 0", s, i+1)
			}
		}
	}
	if len(o.Timesteps) == 0 {
		return nil
	}
	if !takes.timesteps {
		return fmt.Errorf("%s takes no timesteps of the run's own: leave them out, or choose Euler, DDPM, LCM or DPM++ 2M", cfg.Class)
	}
	if cfg.Karras || cfg.Exponential || cfg.Beta || cfg.Lu {
		if !cfg.IsFlow() {
			return fmt.Errorf("own timesteps and Karras, exponential, beta or Lu sigmas at once are not possible: leave one of them out")
		}
	}
	for i, t := range o.Timesteps {
		if i > 0 && t >= o.Timesteps[i-1] {
			return fmt.Errorf("timestep %g at position %d is not below the one before: they have to fall", t, i+1)
		}
	}
	if first, last := o.Timesteps[0], o.Timesteps[len(o.Timesteps)-1]; float64(first) >= float64(cfg.TrainTimesteps) && !cfg.IsFlow() || last < 0 {
		return fmt.Errorf("timesteps %g to %g are outside the model's: they go from %d to 0", first, last, cfg.TrainTimesteps-1)
	}
	return nil
}
