package family

import (
	"errors"
	"strings"

	"nirvana/engine/graph"
	"nirvana/engine/schedule"
)

// about is what a model's files say of its kind: model_index.json and the denoiser's config.json.
type about struct {
	pipeline string // diffusers' class
	turbo    bool   // distilled to few steps, as its own name says, or else its scheduler's shift
	index    struct {
		Class     string `json:"_class_name"`
		Aesthetic bool   `json:"requires_aesthetics_score"`
		Distilled *bool  `json:"is_distilled"`
		Usual     Usual  `json:"_usual"`
	}
	net struct {
		Class     string `json:"_class_name"`
		In        int    `json:"in_channels"`
		Out       int    `json:"out_channels"`
		Patch     int    `json:"patch_size"`
		Linear    bool   `json:"use_linear_projection"`
		Context   any    `json:"cross_attention_dim"`
		Pooled    int    `json:"projection_class_embeddings_input_dim"`
		Added     string `json:"addition_embed_type"`
		Condition any    `json:"time_cond_proj_dim"`
		Guided    *bool  `json:"guidance_embeds"`
		Norm      any    `json:"qk_norm"`
		Second    []int  `json:"dual_attention_layers"`
		Layers    int    `json:"num_layers"`
		Single    int    `json:"num_single_layers"`
		Zero      bool   `json:"zero_cond_t"`
	}
	scheduler schedule.Config
}

// readAbout reads a model's files; title is its own name.
func readAbout(title string, index, denoiser, scheduler []byte) (a about, err error) {
	if err = errors.Join(graph.ReadJSON(index, &a.index), graph.ReadJSON(denoiser, &a.net)); err != nil {
		return a, err
	}
	a.scheduler, _ = schedule.ParseConfig(scheduler) // a broken one is told of where it is needed
	a.pipeline = strings.NewReplacer("ORT", "", "Onnx", "").Replace(a.index.Class)
	a.turbo = strings.Contains(strings.ToLower(title), "turbo")
	return a, nil
}

// Name is the kind of a model in words, with its variant: "Stable Diffusion XL Inpainting", "FLUX.1 schnell". title is the model's
// own name, scheduler is scheduler_config.json. "" where the files do not say that it is of a family with a name.
func Name(title string, index, denoiser, scheduler []byte) string {
	a, err := readAbout(title, index, denoiser, scheduler)
	if err != nil {
		return ""
	}
	for _, f := range []struct {
		net, pipeline string
		name          func() string
	}{
		{"Flux2Transformer2DModel", "Flux2Klein", a.flux2},
		{"FluxTransformer2DModel", "Flux", a.flux},
		{"SD3Transformer2DModel", "StableDiffusion3", a.sd3},
		{"ZImageTransformer2DModel", "ZImage", a.zimage},
		{"QwenImageTransformer2DModel", "QwenImage", a.qwenImage},
		{"UNet2DConditionModel", "StableDiffusion", a.unet},
		{"UNet2DConditionModel", "LatentConsistency", a.unet},
	} {
		if strings.HasPrefix(a.pipeline, f.pipeline) || a.pipeline == "" && a.net.Class == f.net {
			return f.name()
		}
	}
	return ""
}

func (a *about) ifTurbo(name string) string {
	if a.turbo {
		name += " Turbo"
	}
	return name
}

// flux2 tells the sizes by their depths: 5 and 20 blocks, or 8 and 24 (model cards of Black Forest Labs, 2026).
func (a *about) flux2() string {
	name := "FLUX.2 klein"
	if a.index.Distilled != nil && !*a.index.Distilled {
		name += " base"
	}
	switch [2]int{a.net.Layers, a.net.Single} {
	case [2]int{5, 20}:
		name += " 4B"
	case [2]int{8, 24}:
		name += " 9B"
	}
	return name
}

func (a *about) flux() string {
	switch {
	case strings.Contains(a.pipeline, "Fill"), a.net.Out > 0 && a.net.In > 2*a.net.Out:
		return "FLUX.1 Fill"
	case strings.Contains(a.pipeline, "Kontext"):
		return "FLUX.1 Kontext"
	case a.net.Guided == nil:
		return "FLUX.1"
	case *a.net.Guided:
		return "FLUX.1 dev"
	}
	return "FLUX.1 schnell"
}

// sd3 tells 3.5 by its normalised queries and keys, and the sizes by their depths (Esser et al., 2024; model cards of Stability
// AI).
func (a *about) sd3() string {
	name := "Stable Diffusion 3"
	if a.net.Norm != nil {
		name += ".5"
	}
	switch {
	case a.net.Layers == 38:
		name += " Large"
	case a.net.Layers == 24, len(a.net.Second) > 0:
		name += " Medium"
	}
	return a.ifTurbo(name)
}

func (a *about) zimage() string {
	a.turbo = a.zimageTurbo()
	return a.ifTurbo("Z-Image")
}

func (a *about) qwenImage() string {
	switch {
	case a.net.Zero:
		return "Qwen-Image-Edit 2511"
	case strings.Contains(a.pipeline, "EditPlus"):
		return "Qwen-Image-Edit 2509"
	case strings.Contains(a.pipeline, "Edit"):
		return "Qwen-Image-Edit"
	}
	return "Qwen-Image"
}

// unet tells Stable Diffusion 1 from 2 by the linear projections around its attention, and XL by its second condition. A U-Net
// of patches is neither.
func (a *about) unet() string {
	switch {
	case strings.Contains(a.pipeline, "Upscale"), a.net.In == 3:
		return ""
	case a.net.Patch > 1:
		return "latent diffusion"
	case strings.Contains(a.pipeline, "XL"), a.net.Added == "text_time":
		return a.xl()
	}
	name := "Stable Diffusion"
	switch {
	case a.net.Linear, a.net.Context == 1024.0:
		name += " 2"
	case a.net.Class != "":
		name += " 1"
	}
	if a.net.Condition != nil || strings.HasPrefix(a.pipeline, "Latent") {
		name += " LCM"
	}
	return a.ifTurbo(name + a.takes())
}

func (a *about) xl() string {
	if a.index.Aesthetic || a.net.Context == 1280.0 || a.net.Pooled == 2560 { // 1280 + 5 x 256
		return "Stable Diffusion XL Refiner"
	}
	return a.ifTurbo("Stable Diffusion XL" + a.takes())
}

// takes says what a U-Net takes beside x_t, by its channels or its pipeline.
func (a *about) takes() string {
	switch {
	case a.net.In == 9:
		return " Inpainting"
	case a.net.In == 5:
		return " Depth"
	case a.net.In == 8, strings.Contains(a.pipeline, "InstructPix2Pix"):
		return " InstructPix2Pix"
	}
	return ""
}
