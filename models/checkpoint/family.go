package checkpoint

import (
	"slices"
	"strings"
)

// Family is a family of models.
type Family string

const (
	Unknown           Family = ""
	StableDiffusion1  Family = "Stable Diffusion 1"
	StableDiffusion2  Family = "Stable Diffusion 2"
	StableDiffusionXL Family = "Stable Diffusion XL"
	Refiner           Family = "Stable Diffusion XL Refiner"
	StableDiffusion3  Family = "Stable Diffusion 3"
	FLUX              Family = "FLUX"
	FamilyZImage      Family = "Z-Image"
	FamilyQwenImage   Family = "Qwen-Image"
	FamilyFlux2       Family = "FLUX.2 klein"
)

// Settings from the families' own model cards.
const (
	sd1Factor                = 0.18215
	xlFactor                 = 0.13025
	sd3Factor, sd3Shift      = 1.5305, 0.0609
	fluxFactor, fluxShift    = 0.3611, 0.1159
	xlContext                = 2048
	xlIn                     = 2816 // 1280 + 6 x 256
	refinerContext           = 1280
	refinerIn                = 2560 // 1280 + 5 x 256
	latentsOfTransformers    = 16
	latentsOfFlux2           = 32
	latentsOfUNets           = 4
	fillTokens               = 2*4*latentsOfTransformers + 4*8*8 // x_t, the masked picture, the mask's pixels
	sd2Small                 = 110000                            // global_step of Stable Diffusion 2.0 base, which predicts the noise
	predictsNoise            = "epsilon"
	predictsVelocity         = "v_prediction"
	schnellShift, otherShift = 1.0, 3.0
	turboShift, zimageShift  = 3.0, 6.0 // of Z-Image-Turbo and Z-Image
)

// familyOf is the family of a denoiser.
func familyOf(p Part) Family {
	switch {
	case p.Kind == ZImage:
		return FamilyZImage
	case p.Kind == QwenImage:
		return FamilyQwenImage
	case p.Kind == Flux2:
		return FamilyFlux2
	case p.Kind == Flux:
		return FLUX
	case p.Kind == SD3:
		return StableDiffusion3
	case p.HasUnder("add_embedding.") && (p.contextWidth() == refinerContext || p.Dim("add_embedding.linear_1.weight", 1) == refinerIn):
		return Refiner
	case p.HasUnder("add_embedding."):
		return StableDiffusionXL
	case p.linear():
		return StableDiffusion2
	}
	return StableDiffusion1
}

// flow reports whether a family's models follow a rectified flow.
func (f Family) flow() bool {
	return f == FLUX || f == StableDiffusion3 || f == FamilyZImage || f == FamilyQwenImage || f == FamilyFlux2
}

// side is a family's trained size, px.
func (f Family) side(unet Weights) int {
	switch f {
	case StableDiffusion1:
		return 512
	case StableDiffusion2:
		if unet == nil || unet.Dim("conv_in.weight", 1) != 4 {
			return 512
		}
		return 768
	}
	return 1024
}

// latents is the scaling of a family's latents, and the shift before it.
func (f Family) latents(channels int64) (factor, shift float64) {
	switch {
	case f == FLUX || f == FamilyZImage:
		return fluxFactor, fluxShift
	case f == StableDiffusion3 || channels == latentsOfTransformers:
		return sd3Factor, sd3Shift
	case f == StableDiffusionXL || f == Refiner:
		return xlFactor, 0
	}
	return sd1Factor, 0
}

// class is diffusers' name of the pipeline.
func (f Family) class(w Weights, file *File) string {
	in := w.Dim("conv_in.weight", 1)
	switch f {
	case StableDiffusionXL:
		switch in {
		case 9:
			return "StableDiffusionXLInpaintPipeline"
		case 8:
			return "StableDiffusionXLInstructPix2PixPipeline"
		}
		return "StableDiffusionXLPipeline"
	case Refiner:
		return "StableDiffusionXLImg2ImgPipeline"
	case StableDiffusion3:
		return "StableDiffusion3Pipeline"
	case FamilyZImage:
		return "ZImagePipeline"
	case FamilyQwenImage:
		switch {
		case !slices.ContainsFunc(said(file), func(word string) bool { return strings.HasSuffix(word, "edit") }):
			return "QwenImagePipeline"
		case strings.Contains(saying(file), "plus") || strings.Contains(saying(file), "2509") || strings.Contains(saying(file), "2511"):
			return "QwenImageEditPlusPipeline"
		}
		return "QwenImageEditPipeline"
	case FamilyFlux2:
		return "Flux2KleinPipeline"
	case FLUX:
		switch {
		case w.Dim("x_embedder.weight", 1) == fillTokens:
			return "FluxFillPipeline"
		case strings.Contains(saying(file), "kontext"):
			return "FluxKontextPipeline"
		}
		return "FluxPipeline"
	}
	switch in {
	case 9:
		return "StableDiffusionInpaintPipeline"
	case 8:
		return "StableDiffusionInstructPix2PixPipeline"
	case 5:
		return "StableDiffusionDepth2ImgPipeline"
	}
	return "StableDiffusionPipeline"
}

// index is a model_index.json.
func (f Family) index(w Weights, file *File) []byte {
	s := settings{"_class_name": f.class(w, file)}
	switch f {
	case FamilyFlux2:
		if isBase(file) {
			s["is_distilled"] = false
		}
	case StableDiffusionXL:
		s["force_zeros_for_empty_prompt"] = true
	case Refiner:
		s["force_zeros_for_empty_prompt"], s["requires_aesthetics_score"] = false, true
	}
	return s.json()
}

// scheduler is the scheduler_config.json of the family's first model.
func (f Family) scheduler(w Weights, m Marks, file *File) []byte {
	switch f {
	case FamilyZImage: // as the published repositories of Z-Image-Turbo and Z-Image have it
		shift := zimageShift
		if isTurbo(file) {
			shift = turboShift
		}
		return settings{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": shift}.json()
	case StableDiffusion3:
		return settings{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": otherShift}.json()
	case FamilyQwenImage:
		return settings{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "base_image_seq_len": 256, "max_image_seq_len": 8192,
			"base_shift": 0.5, "max_shift": 0.9, "shift": 1.0, "shift_terminal": 0.02, "time_shift_type": "exponential", "use_dynamic_shifting": true}.json()
	case FLUX, FamilyFlux2:
		guided := f == FamilyFlux2 || w.HasUnder("time_text_embed.guidance_embedder.")
		s := settings{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "base_image_seq_len": 256, "max_image_seq_len": 4096,
			"base_shift": 0.5, "max_shift": 1.15, "shift": schnellShift, "use_dynamic_shifting": guided}
		if guided {
			s["shift"] = otherShift
		}
		return s.json()
	}
	s := settings{"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "clip_sample": false,
		"set_alpha_to_one": false, "steps_offset": 1, "prediction_type": m.Prediction}
	switch {
	case f == StableDiffusionXL || f == Refiner:
		s["_class_name"], s["timestep_spacing"], s["interpolation_type"], s["use_karras_sigmas"] = "EulerDiscreteScheduler", "leading", "linear", false
	case f == StableDiffusion2:
		s["_class_name"] = "DDIMScheduler"
	case w.Dim("conv_in.weight", 1) == 8:
		s["_class_name"] = "EulerAncestralDiscreteScheduler"
	case w.Has("time_embedding.cond_proj.weight"):
		s["_class_name"], s["original_inference_steps"], s["timestep_scaling"], s["set_alpha_to_one"] = "LCMScheduler", 50, 10.0, true
	default:
		s["_class_name"], s["skip_prk_steps"] = "PNDMScheduler", true
	}
	if m.ZeroSNR {
		s["rescale_betas_zero_snr"] = true
		s["timestep_spacing"] = "trailing"
		if s["_class_name"] == "PNDMScheduler" { // it cannot start without any signal
			s["_class_name"] = "DDIMScheduler"
			delete(s, "skip_prk_steps")
		}
	}
	return s.json()
}

// Marks are what a file says about its network's predictions.
type Marks struct {
	Prediction string // "epsilon" or "v_prediction"
	ZeroSNR    bool
}

// marksOf reads marks from tensors without values, a yaml file next to the checkpoint, and metadata; else the
// family's.
func marksOf(f Family, files []*File) Marks {
	m := Marks{}
	if f.flow() {
		return m
	}
	for _, file := range files {
		m.ZeroSNR = m.ZeroSNR || file.Marks["ztsnr"]
		if file.Marks["v_pred"] {
			m.Prediction = predictsVelocity
		}
		if m.Prediction == "" {
			m.Prediction = besideOf(file.Path)
		}
		if m.Prediction == "" {
			m.Prediction = described(file.Metadata)
		}
		if m.Prediction == "" && f == StableDiffusion2 && file.Steps == sd2Small {
			m.Prediction = predictsNoise
		}
	}
	if m.Prediction == "" {
		if m.Prediction = predictsNoise; f == StableDiffusion2 {
			m.Prediction = predictsVelocity
		}
	}
	return m
}

// described reads Stability's modelspec and the metadata of kohya's trainer.
func described(meta map[string]string) string {
	switch said := strings.ToLower(meta["modelspec.prediction_type"]); {
	case said == "v" || strings.HasPrefix(said, "v_") || strings.HasPrefix(said, "v-"):
		return predictsVelocity
	case strings.HasPrefix(said, "eps"):
		return predictsNoise
	}
	if v := strings.ToLower(meta["ss_v2"] + meta["ss_v_parameterization"]); slices.Contains([]string{"true", "truetrue", "falsetrue"}, v) && strings.ToLower(meta["ss_v_parameterization"]) == "true" {
		return predictsVelocity
	}
	return ""
}
