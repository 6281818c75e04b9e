package sample

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/schedule"
)

// Info is one sampler of the menus.
type Info struct {
	// Name is AUTOMATIC1111's, where it has one; Class what it is made of here.
	Name, Class, Paper string
	// Evaluations is how many times a step asks the network.
	Evaluations int
	Stochastic  bool
}

// entry is a sampler with its other names and the schedule that "Automatic" stands for.
type entry struct {
	Info
	automatic string
	aliases   string // normalised, with spaces between
}

const (
	song     = "Song et al., Denoising Diffusion Implicit Models, 2020"
	ho       = "Ho et al., Denoising Diffusion Probabilistic Models, 2020"
	karras   = "Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, 2022"
	luFirst  = "Lu et al., DPM-Solver, 2022"
	luSecond = "Lu et al., DPM-Solver++, 2022"
	crowson  = "Crowson, k-diffusion, 2022"
)

var entries = []entry{
	{Info{"Euler", "sample_euler", karras, 1, false}, "", "keuler"},
	{Info{"Euler a", "sample_euler_ancestral", crowson, 1, true}, "", "eulerancestral keulera keulerancestral"},
	{Info{"Heun", "sample_heun", karras, 2, false}, "", "kheun"},
	{Info{"LMS", "sample_lms", crowson, 1, false}, "", "klms"},
	{Info{"DPM2", "sample_dpm_2", karras, 2, false}, "Karras", "kdpm2"},
	{Info{"DPM2 a", "sample_dpm_2_ancestral", karras, 2, true}, "Karras", "dpm2ancestral kdpm2a kdpm2ancestral"},
	{Info{"DPM++ 2M", "sample_dpmpp_2m", luSecond, 1, false}, "Karras", "kdpmpp2m"},
	{Info{"DPM++ SDE", "sample_dpmpp_sde", luSecond, 2, true}, "Karras", "kdpmppsde"},
	{Info{"DPM++ 2M SDE", "sample_dpmpp_2m_sde", luSecond, 1, true}, "Exponential", "kdpmpp2msde"},
	{Info{"DPM++ 2M SDE Heun", "sample_dpmpp_2m_sde_heun", luSecond, 1, true}, "Exponential", "kdpmpp2msdeheun"},
	{Info{"DPM++ 2S a", "sample_dpmpp_2s_ancestral", luSecond, 2, true}, "Karras", "dpmpp2sancestral kdpmpp2sa kdpmpp2sancestral"},
	{Info{"DPM++ 3M SDE", "sample_dpmpp_3m_sde", luSecond, 1, true}, "Exponential", "kdpmpp3msde"},
	{Info{"DPM++ 2S", "DPMSolverSinglestepScheduler", luSecond, 1, false}, "Karras", "dpmsolversinglestep"},
	{Info{"DPM fast", "sample_dpm_fast", luFirst, 1, true}, "", "kdpmfast"},
	{Info{"DPM adaptive", "sample_dpm_adaptive", luFirst, 3, true}, "", "kdpmad kdpmadaptive dpmad"},
	{Info{"DDIM", "DDIMScheduler", song, 1, false}, "", ""},
	{Info{"DDPM", "DDPMScheduler", ho, 1, true}, "", ""},
	{Info{"PLMS", "PNDMScheduler", "Liu et al., Pseudo Numerical Methods for Diffusion Models on Manifolds, 2022", 1, false}, "", "pndm"},
	{Info{"UniPC", "UniPCMultistepScheduler", "Zhao et al., UniPC, 2023", 1, false}, "", "unipcmultistep unipcbh2"},
	{Info{"DEIS", "DEISMultistepScheduler", "Zhang & Chen, Fast Sampling of Diffusion Models with Exponential Integrator, 2022", 1, false}, "", "deismultistep"},
	{Info{"SA-Solver", "SASolverScheduler", "Xue et al., SA-Solver, 2023", 1, true}, "", ""},
	{Info{"LCM", "LCMScheduler", "Luo et al., Latent Consistency Models, 2023", 1, true}, "", ""},
	{Info{"TCD", "TCDScheduler", "Zheng et al., Trajectory Consistency Distillation, 2024", 1, true}, "", ""},
	{Info{"Restart", "sample_restart", "Xu et al., Restart Sampling for Improving Generative Processes, 2023", 2, true}, "Karras", ""},
	{Info{"ER SDE", "sample_er_sde", "Cui et al., Elucidating the Solution Space of Extended Reverse-Time SDE, 2023", 1, true}, "", ""},
}

// Names are the samplers, for menus.
func Names() []Info {
	out := make([]Info, len(entries))
	for i, e := range entries {
		out[i] = e.Info
	}
	return out
}

// Schedules are the schedules' names likewise.
func Schedules() []string { return schedule.Names() }

// Named is base with another sampler and schedule. Samplers have the names of
// AUTOMATIC1111 ("DPM++ 2M Karras" too), of k-diffusion's functions or of
// diffusers' classes; "" keeps base's class. A schedule of "" is the sampler's own
// plain one, "Automatic" the one that AUTOMATIC1111 pairs it with. What the model was
// trained with (betas, prediction) is kept. It fails on names that it does not know and
// on samplers and schedules that do not go with the model or with each other.
func Named(sampler, scheduleName string, base schedule.Config) (schedule.Config, error) {
	if err := Known(sampler, scheduleName); err != nil {
		return base, err
	}
	name, suffix := splitSchedule(sampler)
	if scheduleName == "" || plainName(scheduleName) == "automatic" && suffix != "" {
		scheduleName = suffix
	}
	e, class, err := find(name, base)
	if err != nil {
		return base, err
	}
	if plainName(scheduleName) == "automatic" {
		scheduleName = e.automatic
	}
	cfg, err := switched(class, e, base)
	if err != nil || scheduleName == "" {
		return cfg, err
	}
	return scheduled(cfg, scheduleName)
}

// plainName is a name in small letters without spaces and signs, ++ as pp.
func plainName(s string) string {
	return strings.NewReplacer("++", "pp", " ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// splitSchedule cuts the schedule off a sampler's name, as AUTOMATIC1111 wrote both before 1.9.
func splitSchedule(name string) (sampler, scheduleName string) {
	for _, s := range []string{"Karras", "Exponential", "Polyexponential"} {
		if cut := len(name) - len(s) - 1; cut > 0 && strings.EqualFold(name[cut:], " "+s) {
			return name[:cut], s
		}
	}
	return name, ""
}

// find is the entry of a name, and its class for models like base.
func find(name string, base schedule.Config) (entry, string, error) {
	if name == "" {
		return entry{}, base.Class, nil
	}
	plain := strings.TrimPrefix(plainName(name), "sample")
	for _, e := range entries {
		if plain == plainName(e.Name) || plain == plainName(strings.TrimPrefix(e.Class, schedule.KDiffusion)) || slices.Contains(strings.Fields(e.aliases), plain) {
			class, err := forModel(e, base)
			return e, class, err
		}
	}
	for _, class := range schedule.Classes() {
		if short := strings.TrimSuffix(plainName(class), "scheduler"); strings.TrimSuffix(plain, "scheduler") == short && maker(class) != nil {
			return entry{}, class, nil
		}
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.Name
	}
	return entry{}, "", fmt.Errorf("unknown sampler %q: choose %s", name, likely(name, all))
}

// forModel is the class that does the same for a model that predicts a flow or is
// preconditioned as EDM's are.
func forModel(e entry, base schedule.Config) (string, error) {
	var classes map[string]string
	switch {
	case base.IsFlow() || base.FlowSigmas:
		classes = map[string]string{"Euler": "FlowMatchEulerDiscreteScheduler", "Heun": "FlowMatchHeunDiscreteScheduler",
			"DPM++ 2M": "DPMSolverMultistepScheduler", "DPM++ 2S": "DPMSolverSinglestepScheduler", "UniPC": "UniPCMultistepScheduler"}
	case strings.HasPrefix(base.Class, "EDM"):
		classes = map[string]string{"Euler": "EDMEulerScheduler", "DPM++ 2M": "EDMDPMSolverMultistepScheduler"}
	default:
		return e.Class, nil
	}
	if class, ok := classes[e.Name]; ok {
		return class, nil
	}
	var names []string
	for n := range classes {
		names = append(names, n)
	}
	slices.Sort(names)
	return "", fmt.Errorf("sampler %s does not go with this kind of model: choose %s", e.Name, strings.Join(names, ", "))
}

// setting is one key that a switch writes.
type setting struct {
	key   string
	value any
}

func with(cfg schedule.Config, settings []setting) (schedule.Config, error) {
	var err error
	for _, s := range settings {
		if cfg, err = cfg.With(s.key, s.value); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// switched is base with another class, and with what that class would lose.
func switched(class string, e entry, base schedule.Config) (schedule.Config, error) {
	cfg := base.Switch(class)
	if cfg.Class != class {
		return base, fmt.Errorf("the scheduler's settings do not go with %s", class)
	}
	var keep []setting
	kdiffusion := strings.HasPrefix(class, schedule.KDiffusion)
	if kdiffusion && base.BetaSchedule != "" {
		keep = append(keep, setting{"beta_start", base.BetaStart}, setting{"beta_end", base.BetaEnd}, setting{"beta_schedule", base.BetaSchedule},
			setting{"num_train_timesteps", base.TrainTimesteps}, setting{"prediction_type", base.Prediction})
	}
	if e.Name == "PLMS" {
		keep = append(keep, setting{"skip_prk_steps", true})
	}
	if class != base.Class && !base.ClipSample && cfg.ClipSample {
		keep = append(keep, setting{"clip_sample", false}) // a default of the new class, fit for pixels alone
	}
	if base.IsFlow() && !cfg.IsFlow() {
		keep = append(keep, setting{"prediction_type", schedule.Flow}, setting{"use_flow_sigmas", true}, setting{"flow_shift", base.Shift},
			setting{"base_shift", base.BaseShift}, setting{"max_shift", base.MaxShift},
			setting{"base_image_seq_len", base.BaseSeqLen}, setting{"max_image_seq_len", base.MaxSeqLen})
	}
	return with(cfg, keep)
}

// scheduled is cfg over the named schedule: k-diffusion's samplers take any, diffusers'
// classes those that they have a setting for.
func scheduled(cfg schedule.Config, name string) (schedule.Config, error) {
	if strings.HasPrefix(cfg.Class, schedule.KDiffusion) {
		return cfg.With("schedule", name)
	}
	settings := []setting{{"use_karras_sigmas", false}, {"use_exponential_sigmas", false}, {"use_beta_sigmas", false}, {"use_lu_lambdas", false}}
	plain := plainName(name)
	switch plain {
	case "karras", "exponential", "beta":
		if walksTimesteps(cfg.Class) {
			return cfg, fmt.Errorf("schedule %s does not go with %s, which walks timesteps: choose Automatic, Uniform, SGM Uniform or DDIM", name, cfg.Class)
		}
		key := "use_" + plain + "_sigmas"
		settings = append(slices.DeleteFunc(settings, func(s setting) bool { return s.key == key }), setting{key, true})
	case "uniform", "normal", "simple", "sgmuniform", "ddim", "ddimuniform":
		spacing := map[string]string{"uniform": "linspace", "normal": "linspace", "ddim": "leading", "ddimuniform": "leading"}[plain]
		if spacing == "" {
			spacing = "trailing"
		}
		if cfg.Spacing != "" {
			settings = append(settings, setting{"timestep_spacing", spacing})
		}
	default:
		return cfg, fmt.Errorf("schedule %s does not go with %s: choose Automatic, Uniform, Karras, Exponential, Beta or SGM Uniform", name, cfg.Class)
	}
	return with(cfg, settings)
}

// walksTimesteps says that the class has no noise levels to choose.
func walksTimesteps(class string) bool {
	switch strings.Replace(class, "Parallel", "", 1) {
	case "DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "LCMScheduler", "TCDScheduler", "EulerAncestralDiscreteScheduler",
		"DDIMInverseScheduler", "IPNDMScheduler", "FlowMatchHeunDiscreteScheduler":
		return true
	}
	return false
}
