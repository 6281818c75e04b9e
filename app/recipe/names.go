package recipe

import (
	"path"
	"regexp"
	"strings"
)

// samplers maps k-diffusion's names, as ComfyUI, SwarmUI, Fooocus and InvokeAI write them, to AUTOMATIC1111's.
var samplers = map[string]string{
	"euler": "Euler", "euler_ancestral": "Euler a", "euler_a": "Euler a", "heun": "Heun", "lms": "LMS", "dpm_2": "DPM2", "kdpm_2": "DPM2",
	"dpm_2_ancestral": "DPM2 a", "dpm_2_a": "DPM2 a", "dpmpp_2": "DPM++ 2M", "plms": "PLMS", "kdpm_2_a": "DPM2 a", "dpm_fast": "DPM fast", "dpmpp_2s_ancestral": "DPM++ 2S a", "dpmpp_2s": "DPM++ 2S",
	"dpmpp_sde": "DPM++ SDE", "dpmpp_sde_gpu": "DPM++ SDE", "dpmpp_2m": "DPM++ 2M", "dpmpp_2m_sde": "DPM++ 2M SDE",
	"dpmpp_2m_sde_gpu": "DPM++ 2M SDE", "dpmpp_2m_sde_heun": "DPM++ 2M SDE Heun", "dpmpp_3m_sde": "DPM++ 3M SDE",
	"dpmpp_3m_sde_gpu": "DPM++ 3M SDE", "ddpm": "DDPM", "ddim": "DDIM", "lcm": "LCM", "tcd": "TCD", "uni_pc": "UniPC", "uni_pc_bh2": "UniPC",
	"unipc": "UniPC", "deis": "DEIS", "pndm": "PLMS", "er_sde": "ER SDE", "restart": "Restart",
}

var schedules = map[string]string{
	"normal": "Normal", "karras": "Karras", "exponential": "Exponential", "sgm_uniform": "SGM Uniform", "simple": "Simple",
	"ddim_uniform": "DDIM", "beta": "Beta", "linear_quadratic": "Linear Quadratic", "kl_optimal": "KL Optimal", "turbo": "Turbo",
	"align_your_steps": "Align Your Steps", "polyexponential": "Polyexponential", "vp": "VP",
}

// classes maps diffusers' classes, the names of a model's own scheduler, to AUTOMATIC1111's names.
var classes = map[string]string{
	"PNDMScheduler": "PLMS", "EulerDiscreteScheduler": "Euler", "EulerAncestralDiscreteScheduler": "Euler a", "HeunDiscreteScheduler": "Heun", "LMSDiscreteScheduler": "LMS",
	"KDPM2DiscreteScheduler": "DPM2", "KDPM2AncestralDiscreteScheduler": "DPM2 a", "DPMSolverMultistepScheduler": "DPM++ 2M", "DPMSolverSinglestepScheduler": "DPM++ 2S",
	"DPMSolverSDEScheduler": "DPM++ SDE", "DDIMScheduler": "DDIM", "DDIMParallelScheduler": "DDIM", "DDPMScheduler": "DDPM", "DDPMParallelScheduler": "DDPM", "UniPCMultistepScheduler": "UniPC",
	"DEISMultistepScheduler": "DEIS", "SASolverScheduler": "SA-Solver", "LCMScheduler": "LCM", "TCDScheduler": "TCD", "FlowMatchEulerDiscreteScheduler": "Euler",
	"FlowMatchHeunDiscreteScheduler": "Heun", "FlowMatchLCMScheduler": "LCM", "EDMEulerScheduler": "Euler", "EDMDPMSolverMultistepScheduler": "DPM++ 2M", "IPNDMScheduler": "PLMS",
}

// samplerName returns AUTOMATIC1111's name of a sampler given by diffusers' class or k-diffusion's function; others
// are unchanged.
func samplerName(name string) string {
	for _, suffix := range []string{"", "Scheduler"} {
		if known, ok := classes[name+suffix]; ok {
			return known
		}
	}
	if short, ok := strings.CutPrefix(name, "sample_"); ok && samplers[short] != "" {
		return samplers[short]
	}
	return name
}

// sampler sets the recipe's sampler and schedule from another program's names. "_k" at the end is InvokeAI's Karras.
func (f *Found) sampler(name, schedule string) {
	r := &f.Recipe
	name, schedule = strings.TrimPrefix(strings.ToLower(samplerName(name)), "k_"), strings.ToLower(schedule)
	if short, ok := strings.CutSuffix(name, "_k"); ok {
		name, schedule = short, "karras"
	}
	if short, ok := strings.CutSuffix(name, "_cfg_pp"); ok && (short == "euler" || short == "euler_ancestral") {
		name, r.CFGPlusPlus = short, true
	}
	if name != "" {
		if known, ok := samplers[name]; ok {
			r.Sampler = known
		} else if known := ownName(name); known != "" {
			r.Sampler = known
		} else {
			f.lose("sampler %s", name)
		}
	}
	if schedule != "" {
		if known, ok := schedules[schedule]; ok {
			r.Schedule = known
		} else {
			f.lose("schedule %s", schedule)
		}
	}
}

// ownName returns AUTOMATIC1111's name in its spelling; "" if there is none.
func ownName(name string) string {
	for _, known := range samplers {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

// distilled sets FLUX' distilled guidance; classifier-free guidance is then off at 1.
func (f *Found) distilled(own float32) {
	r := &f.Recipe
	if r.Guidance > 1 {
		r.TrueGuidance = r.Guidance
	}
	r.Guidance = own
}

// modelName is a checkpoint's file name without folder and extension.
func modelName(file string) string {
	file = path.Base(strings.ReplaceAll(file, `\`, "/"))
	if file == "." || file == "/" {
		return ""
	}
	switch ext := strings.ToLower(path.Ext(file)); ext {
	case ".safetensors", ".ckpt", ".gguf", ".sft", ".pt", ".bin":
		file = file[:len(file)-len(ext)]
	}
	return file
}

var loraTags = regexp.MustCompile(`<lora:[^>]+>`)
