package sample

import (
	"fmt"
	"strings"

	"nirvana/engine/schedule"
)

// Info is one sampler of the menus.
type Info struct {
	Name, Class, Paper string
	// Evaluations is how many times a step asks the network.
	Evaluations int
	Stochastic  bool
}

const (
	karras22 = "Karras et al. 2022, arXiv:2206.00364"
	lu22     = "Lu et al. 2022, arXiv:2211.01095"
	fast22   = "Lu et al. 2022, arXiv:2206.00927"
	crowson  = "Crowson 2022, k-diffusion"
)

// Names are the samplers, for menus: AUTOMATIC1111's first, by k-diffusion's
// formulas, then those of diffusers alone.
func Names() []Info {
	return []Info{
		{"DPM++ 2M", "sample_dpmpp_2m", lu22, 1, false},
		{"DPM++ SDE", "sample_dpmpp_sde", lu22, 2, true},
		{"DPM++ 2M SDE", "sample_dpmpp_2m_sde", lu22, 1, true},
		{"DPM++ 2M SDE Heun", "sample_dpmpp_2m_sde_heun", lu22, 1, true},
		{"DPM++ 2S a", "sample_dpmpp_2s_ancestral", lu22, 2, true},
		{"DPM++ 3M SDE", "sample_dpmpp_3m_sde", lu22, 1, true},
		{"Euler a", "sample_euler_ancestral", crowson, 1, true},
		{"Euler", "sample_euler", karras22, 1, false},
		{"LMS", "sample_lms", crowson, 1, false},
		{"Heun", "sample_heun", karras22, 2, false},
		{"DPM2", "sample_dpm_2", fast22, 2, false},
		{"DPM2 a", "sample_dpm_2_ancestral", fast22, 2, true},
		{"DPM fast", "sample_dpm_fast", fast22, 1, false},
		{"Restart", "sample_restart", "Xu et al. 2023, arXiv:2306.14878", 2, true},
		{"ER-SDE", "sample_er_sde", "Cui et al. 2023, arXiv:2309.06169", 1, true},
		{"DDIM", "DDIMScheduler", "Song et al. 2021, arXiv:2010.02502", 1, false},
		{"DDPM", "DDPMScheduler", "Ho et al. 2020, arXiv:2006.11239", 1, true},
		{"PLMS", "PNDMScheduler", "Liu et al. 2022, arXiv:2202.09778", 1, false},
		{"UniPC", "UniPCMultistepScheduler", "Zhao et al. 2023, arXiv:2302.04867", 1, false},
		{"LCM", "LCMScheduler", "Luo et al. 2023, arXiv:2310.04378", 1, true},
		{"TCD", "TCDScheduler", "Zheng et al. 2024, arXiv:2402.19159", 1, true},
		{"DEIS", "DEISMultistepScheduler", "Zhang & Chen 2023, arXiv:2204.13902", 1, false},
		{"IPNDM", "IPNDMScheduler", "Zhang & Chen 2023, arXiv:2204.13902", 1, false},
		{"SA-Solver", "SASolverScheduler", "Xue et al. 2023, arXiv:2309.05019", 1, true},
		{"DPM-Solver", "DPMSolverMultistepScheduler", lu22, 1, false},
		{"DPM-Solver singlestep", "DPMSolverSinglestepScheduler", lu22, 1, false},
		{"DPM-Solver SDE", "DPMSolverSDEScheduler", lu22, 2, true},
		{"Euler (diffusers)", "EulerDiscreteScheduler", karras22, 1, false},
		{"Euler a (diffusers)", "EulerAncestralDiscreteScheduler", crowson, 1, true},
		{"Heun (diffusers)", "HeunDiscreteScheduler", karras22, 2, false},
		{"LMS (diffusers)", "LMSDiscreteScheduler", crowson, 1, false},
		{"DPM2 (diffusers)", "KDPM2DiscreteScheduler", fast22, 2, false},
		{"DPM2 a (diffusers)", "KDPM2AncestralDiscreteScheduler", fast22, 2, true},
		{"EDM Euler", "EDMEulerScheduler", karras22, 1, false},
		{"EDM DPM++ 2M", "EDMDPMSolverMultistepScheduler", lu22, 1, false},
		{"Flow Euler", "FlowMatchEulerDiscreteScheduler", "Esser et al. 2024, arXiv:2403.03206", 1, false},
		{"Flow Heun", "FlowMatchHeunDiscreteScheduler", "Esser et al. 2024, arXiv:2403.03206", 2, false},
	}
}

// Schedules are the schedules' names likewise.
func Schedules() []string { return schedule.Names() }

// Named is base with another sampler and schedule, each by the name that
// AUTOMATIC1111, k-diffusion or diffusers gives it, in any case; a sampler's name
// may end in the schedule ("DPM++ 2M Karras"). Empty names leave what base has.
func Named(sampler, scheduleName string, base schedule.Config) (schedule.Config, error) {
	class, tail := base.Class, ""
	if sampler != "" {
		if class, tail = find(sampler); class == "" {
			return base, fmt.Errorf("unknown sampler %q: use for example %s", sampler, strings.Join(few(), ", "))
		}
	}
	if scheduleName == "" {
		scheduleName = tail
	}
	class, base, err := fitted(class, base)
	if err != nil {
		return base, err
	}
	c := base.Switch(class)
	if c.Class != class || maker(class) == nil {
		return base, fmt.Errorf("sampler %q does not fit this model's scheduler settings: choose another", sampler)
	}
	return scheduled(c, scheduleName)
}

// find gives the class of a sampler's name, and the schedule it ends in.
func find(name string) (class, tail string) {
	key := squeezed(name)
	for _, i := range Names() {
		short := strings.TrimSuffix(strings.TrimPrefix(i.Class, schedule.KDiffusion), "Scheduler")
		if key == squeezed(i.Name) || key == squeezed(i.Class) || key == squeezed(short) {
			return i.Class, ""
		}
	}
	if maker(name) != nil {
		return name, ""
	}
	for _, s := range schedule.Names() {
		if head, ok := strings.CutSuffix(key, squeezed(s)); ok && head != "" {
			if class, _ = find(head); class != "" {
				return class, s
			}
		}
	}
	return "", ""
}

// squeezed takes out what people write differently.
func squeezed(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", "++", "pp").Replace(strings.ToLower(s))
}

// fitted is the sampler that does the same on a flow model, if base is of one.
func fitted(class string, base schedule.Config) (string, schedule.Config, error) {
	if !base.IsFlow() && base.Prediction != schedule.Flow || class == base.Class || strings.HasPrefix(class, "FlowMatch") {
		return class, base, nil
	}
	switch class {
	case "sample_euler", "EulerDiscreteScheduler":
		return "FlowMatchEulerDiscreteScheduler", base, nil
	case "sample_heun", "HeunDiscreteScheduler":
		return "FlowMatchHeunDiscreteScheduler", base, nil
	case "sample_dpmpp_2m":
		class = "DPMSolverMultistepScheduler"
	case "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "UniPCMultistepScheduler", "DEISMultistepScheduler", "SASolverScheduler":
	default:
		return class, base, fmt.Errorf("sampler %s does not fit a flow model: use Euler, Heun, DPM++ 2M or UniPC", class)
	}
	shift := base.Shift
	var err error
	for k, v := range map[string]any{"use_flow_sigmas": true, "prediction_type": schedule.Flow, "flow_shift": shift} {
		if base, err = base.With(k, v); err != nil {
			break
		}
	}
	return class, base, err
}

// scheduled sets a schedule: by diffusers' switches in its classes, by name in k-diffusion's.
func scheduled(c schedule.Config, name string) (schedule.Config, error) {
	key := squeezed(name)
	if key == "" || key == "automatic" {
		return c, nil
	}
	for _, s := range schedule.Names() {
		if squeezed(s) != key {
			continue
		}
		if strings.HasPrefix(c.Class, schedule.KDiffusion) {
			return c.With("schedule", s)
		}
		field := map[string]string{"karras": "use_karras_sigmas", "exponential": "use_exponential_sigmas", "beta": "use_beta_sigmas"}[key]
		if field == "" {
			return c, fmt.Errorf("sampler %s has no schedule %s: use Automatic, Karras, Exponential or Beta, or a sampler such as Euler or DPM++ 2M", c.Class, s)
		}
		return c.With(field, true)
	}
	return c, fmt.Errorf("unknown schedule %q: use one of %s", name, strings.Join(schedule.Names(), ", "))
}
