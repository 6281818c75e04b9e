package sample

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/schedule"
)

// Names are the samplers of the menus.
func Names() []Info {
	var out []Info
	for _, e := range menu() {
		out = append(out, e.Info)
	}
	return out
}

// Schedules are the schedules of the menus.
func Schedules() []string { return schedule.Names() }

// Named is base with another sampler and schedule. Samplers have the names of AUTOMATIC1111 (also "DPM++ 2M Karras"),
// of k-diffusion's functions or of diffusers' classes; "" keeps base's class. A schedule of "" is the sampler's plain
// one, "Automatic" the one that AUTOMATIC1111 pairs it with. What the model was trained with (betas, prediction) is
// kept. It fails for unknown names, and for samplers and schedules that do not go with the model or with each other.
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

// plainName is a name in small letters without spaces and signs; ++ becomes pp.
func plainName(s string) string {
	return strings.NewReplacer("++", "pp", " ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// splitSchedule separates the schedule at the end of a sampler's name, as AUTOMATIC1111 wrote both before 1.9.
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
	plain := plainName(name)
	for _, e := range menu() {
		if e.named(plain) {
			class, err := e.forModel(base)
			return *e, class, err
		}
	}
	short := func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "sample"), "scheduler") }
	for _, e := range table {
		if short(plainName(e.Class)) == short(plain) {
			return entry{}, e.Class, nil
		}
	}
	var all []string
	for _, e := range menu() {
		all = append(all, e.Name)
	}
	return entry{}, "", fmt.Errorf("unknown sampler %q: choose %s", name, likely(name, all))
}

// forModel is the equivalent class for a model that predicts a flow or is preconditioned as EDM's.
func (e *entry) forModel(base schedule.Config) (string, error) {
	var suited func(*entry) string
	switch {
	case base.IsFlow() || base.FlowSigmas:
		suited = func(e *entry) string { return e.flow }
	case strings.HasPrefix(base.Class, "EDM"):
		suited = func(e *entry) string { return e.edm }
	default:
		return e.Class, nil
	}
	if class := suited(e); class != "" {
		return class, nil
	}
	var names []string
	for _, other := range menu() {
		if suited(other) != "" {
			names = append(names, other.Name)
		}
	}
	slices.Sort(names)
	return "", fmt.Errorf("sampler %s does not go with this kind of model: choose %s", e.Name, strings.Join(names, ", "))
}

// setting is one key that switched sets.
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

// switched is base with another class, keeping settings that the class would lose.
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
	keep = append(keep, e.settings...)
	if class != base.Class && !base.ClipSample && cfg.ClipSample {
		keep = append(keep, setting{"clip_sample", false}) // on by default in the new class, for pixel space
	}
	if base.IsFlow() && !cfg.IsFlow() {
		keep = append(keep, setting{"prediction_type", schedule.Flow}, setting{"use_flow_sigmas", true}, setting{"flow_shift", base.Shift},
			setting{"base_shift", base.BaseShift}, setting{"max_shift", base.MaxShift},
			setting{"base_image_seq_len", base.BaseSeqLen}, setting{"max_image_seq_len", base.MaxSeqLen})
	}
	return with(cfg, keep)
}

// scheduled is cfg over the named schedule: k-diffusion's samplers take any, diffusers' classes those that they have
// a setting for.
func scheduled(cfg schedule.Config, name string) (schedule.Config, error) {
	if strings.HasPrefix(cfg.Class, schedule.KDiffusion) {
		return cfg.With("schedule", name)
	}
	settings := []setting{{"use_karras_sigmas", false}, {"use_exponential_sigmas", false}, {"use_beta_sigmas", false}, {"use_lu_lambdas", false}}
	plain := plainName(name)
	switch plain {
	case "karras", "exponential", "beta":
		if e := ofClass(cfg.Class); e != nil && e.byTimesteps {
			return cfg, fmt.Errorf("schedule %s does not go with %s, which uses timesteps: choose Automatic, Uniform, SGM Uniform or DDIM", name, cfg.Class)
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
