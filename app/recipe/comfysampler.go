package recipe

import "strings"

// ownSchedule are nodes that output the noise levels of one schedule, ownSampler those that are one sampler
// (comfy_extras/nodes_custom_sampler.py).
var (
	ownSchedule = map[string]string{"KarrasScheduler": "karras", "ExponentialScheduler": "exponential", "PolyexponentialScheduler": "polyexponential", "BetaSamplingScheduler": "beta",
		"SDTurboScheduler": "turbo", "AlignYourStepsScheduler": "align_your_steps", "VPScheduler": "vp", "LaplaceScheduler": "laplace", "GITSScheduler": "gits", "LTXVScheduler": "ltxv",
		"OptimalStepsScheduler": "optimal_steps", "Flux2Scheduler": "simple"}
	ownSampler = map[string]string{"SamplerEulerAncestral": "euler_ancestral", "SamplerEulerAncestralCFGPP": "euler_ancestral_cfg_pp", "SamplerEulerCFGpp": "euler_cfg_pp", "SamplerDPMPP_2M_SDE": "dpmpp_2m_sde",
		"SamplerDPMPP_3M_SDE": "dpmpp_3m_sde", "SamplerDPMPP_SDE": "dpmpp_sde", "SamplerDPMPP_2S_Ancestral": "dpmpp_2s_ancestral", "SamplerLMS": "lms", "SamplerDPMAdaptative": "dpm_adaptive", "SamplerER_SDE": "er_sde"}
)

// sampling reads seed, steps, sampler, schedule, strength and guidance.
func (c *comfy) sampling(n node) {
	r := &c.found.Recipe
	r.Seed = c.seed(n)
	r.Steps, r.Guidance = count(c.number(n, "steps", "steps_total")), float32(c.number(n, "cfg"))
	name, schedule, denoise := c.word(n, "sampler_name"), c.word(n, "scheduler"), c.number(n, "denoise")
	if s, ok := c.linked(n, "sampler"); ok {
		name = c.samplerOf(s)
	} else if name == "" {
		name = c.word(n, "sampler")
	}
	if s, ok := c.linked(n, "sigmas"); ok {
		schedule, r.Steps, denoise = c.word(s, "scheduler"), count(c.number(s, "steps")), c.number(s, "denoise")
		if own := ownSchedule[s.Class]; own != "" {
			schedule = own
		}
	}
	if g, ok := c.linked(n, "guider"); ok {
		r.Guidance = float32(c.number(g, "cfg", "cfg_conds"))
		r.PerpNeg = float32(c.number(g, "neg_scale"))
	}
	c.found.sampler(name, schedule)
	if denoise > 0 && denoise < 1 {
		r.Strength, r.Mode = float32(denoise), "image to image"
	}
}

func (c *comfy) samplerOf(n node) string {
	r := &c.found.Recipe
	if name, own := ownSampler[n.Class]; own {
		if eta := float32(c.number(n, "eta")); eta != 1 && n.Inputs["eta"] != nil {
			r.EtaAncestral = &eta
		}
		if noise := float32(c.number(n, "s_noise")); noise != 1 {
			r.SNoise = noise
		}
		return name
	}
	return c.word(n, "sampler_name")
}

// seed keeps all 64 bits. A sampler without noise of its own has that of its "noise" input, or none.
func (c *comfy) seed(n node) uint64 {
	if noise, ok := c.linked(n, "noise"); ok {
		n = noise
	}
	p, ok := c.input(n, "noise_seed", "seed")
	if !ok {
		return 0
	}
	return c.found.seed(scalarText(c.scalar(p)))
}

// texts reads both prompts, and the parameters that come with the positive one.
func (c *comfy) texts(n node) {
	r := &c.found.Recipe
	source := n
	if g, ok := c.linked(n, "guider"); ok {
		source = g
	}
	if positive, ok := c.input(source, "positive|conditioning|cond1|base_positive"); ok {
		w := &wording{comfy: c}
		r.Prompt = combined(w.conditioning(positive, 0))
		if w.guidance > 0 { // FLUX has its guidance in the conditioning
			c.found.distilled(w.guidance)
		}
		c.encoder(w)
	}
	if negative, ok := c.input(source, "negative|base_negative"); ok {
		r.Negative = strings.Join((&wording{comfy: c}).conditioning(negative, 1), ", ")
	}
}

// encoder reads the other inputs of the positive prompt's encoder: CLIP skip, and SDXL's original size and crop.
func (c *comfy) encoder(w *wording) {
	if w.encoder.Inputs == nil {
		return
	}
	r := &c.found.Recipe
	if strings.HasPrefix(w.encoder.Class, "CLIPTextEncodeSDXL") && w.encoder.Inputs["crop_w"] != nil {
		in := func(key string) int { return count(c.number(w.encoder, key)) }
		if in("width") != r.Width || in("height") != r.Height {
			r.OriginalSize = []int{in("height"), in("width")}
		}
		if in("crop_w") > 0 || in("crop_h") > 0 {
			r.CropTopLeft = []int{in("crop_h"), in("crop_w")}
		}
	}
	r.ClipSkip = c.clipSkip(w.encoder)
}

// clipSkip follows CLIP to the node that sets its last layer; -1 skips none.
func (c *comfy) clipSkip(n node) int {
	for range 64 {
		for _, key := range []string{"stop_at_clip_layer", "clip_skip", "base_clip_skip"} {
			if n.Inputs[key] != nil {
				return max(count(-c.number(n, key))-1, 0)
			}
		}
		p, ok := c.input(n, usualClip...)
		if !ok {
			return 0
		}
		for ok {
			var o output
			if n, o, ok = c.from(p); !ok {
				return 0
			}
			if n.Inputs["stop_at_clip_layer"] != nil {
				break
			}
			if p, ok = c.passed(n, o.slot); ok && p.key == "ckpt_name" { // a loader of model, CLIP and VAE
				ok = false
			}
		}
	}
	return 0
}
