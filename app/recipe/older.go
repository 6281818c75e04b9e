package recipe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// readInvoke2 reads the metadata of InvokeAI before version 3, "sd-metadata": an object "image" with the prompt as
// text or in weighted parts, the negative prompt in [brackets].
func readInvoke2(data []byte) (Found, error) {
	f := Found{Program: "InvokeAI", Recipe: Recipe{Version: Version, RNG: "torch"}}
	var o object
	if err := parseJSON(data, &o); err != nil {
		return f, fmt.Errorf("InvokeAI's metadata in this picture cannot be read: %w", err)
	}
	image := o.object("image")
	r := &f.Recipe
	r.Prompt = image.text("prompt")
	var parts []object
	if json.Unmarshal(image["prompt"], &parts) == nil {
		var texts []string
		for _, p := range parts {
			texts = append(texts, p.text("prompt"))
			if w := p.number("weight"); w != 1 && w != 0 {
				f.lose("weight %g of %q", w, p.text("prompt"))
			}
		}
		r.Prompt = strings.Join(texts, ", ")
	}
	r.Prompt, r.Negative = unwanted(r.Prompt)
	r.Steps, r.Guidance, r.Seed = image.count("steps"), float32(image.number("cfg_scale")), f.seed(scalarText(image["seed"]))
	r.Width, r.Height = image.count("width"), image.count("height")
	r.Model = modelName(o.text("model_weights"))
	if s := image.number("strength"); s > 0 && (image.text("type") == "img2img" || image.text("init_image_path") != "") {
		r.Strength, r.Mode = float32(s), "image to image"
		f.lose("the picture that it started from")
	}
	f.sampler(image.text("sampler"), "")
	f.others(image, "prompt steps cfg_scale seed width height strength sampler type init_image_path orig_hash postprocessing")
	return f, nil
}

// unwanted takes the negative prompt, the texts in [brackets], out of a prompt.
func unwanted(prompt string) (rest, negative string) {
	var out []string
	for {
		before, after, ok := strings.Cut(prompt, "[")
		inside, behind, closed := strings.Cut(after, "]")
		if !ok || !closed {
			return strings.TrimSpace(strings.Join(strings.Fields(prompt), " ")), strings.Join(out, ", ")
		}
		out, prompt = append(out, strings.TrimSpace(inside)), before+behind
	}
}

// readEasy reads Easy Diffusion's texts, one per setting.
func readEasy(texts map[string]string) Found {
	f := Found{Program: "Easy Diffusion", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	r := &f.Recipe
	number := func(key string) float64 { v, _ := strconv.ParseFloat(texts[key], 64); return v }
	r.Prompt, r.Negative = texts["prompt"], texts["negative_prompt"]
	r.Steps, r.Guidance = count(number("num_inference_steps")), float32(number("guidance_scale"))
	r.Seed = f.seed(texts["seed"])
	r.Width, r.Height, r.ClipSkip = count(number("width")), count(number("height")), 0
	if texts["clip_skip"] == "True" {
		r.ClipSkip = 1
	}
	r.Model = modelName(texts["use_stable_diffusion_model"])
	if s := number("prompt_strength"); s > 0 && s < 1 {
		r.Strength, r.Mode = float32(s), "image to image"
		f.lose("the picture that it started from")
	}
	f.sampler(texts["sampler_name"], "")
	r.Tiling = easyTilings[texts["tiling"]].String()
	for _, key := range []string{"use_lora_model", "use_hypernetwork_model", "use_vae_model", "use_controlnet_model", "use_face_correction", "use_upscale"} {
		if v := texts[key]; v != "" && v != "None" && v != "[]" {
			f.lose("%s: %s", key, v)
		}
	}
	return f
}
