package recipe

import (
	"path"
	"regexp"
	"strings"
)

// samplers are k-diffusion's names, as ComfyUI, SwarmUI, Fooocus and InvokeAI
// write them, in AUTOMATIC1111's words.
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
	"align_your_steps": "Align Your Steps",
}

// sampler puts another program's names into the recipe. "_k" at the end is InvokeAI's Karras.
func (f *Found) sampler(name, schedule string) {
	name, schedule = strings.TrimPrefix(strings.ToLower(name), "k_"), strings.ToLower(schedule)
	if short, ok := strings.CutSuffix(name, "_k"); ok {
		name, schedule = short, "karras"
	}
	if name != "" {
		if known, ok := samplers[name]; ok {
			f.Recipe.Sampler = known
		} else {
			f.lose("sampler %s", name)
		}
	}
	if schedule != "" {
		if known, ok := schedules[schedule]; ok {
			f.Recipe.Schedule = known
		} else {
			f.lose("schedule %s", schedule)
		}
	}
}

// modelName is a checkpoint's file name without folder and ending.
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
