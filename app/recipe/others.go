package recipe

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// readInvoke reads InvokeAI's metadata (from version 3 on: flat keys, model an object).
func readInvoke(data []byte) (Found, error) {
	f := Found{Program: "InvokeAI", Recipe: Recipe{Version: Version, RNG: "torch"}}
	var o object
	if err := parseJSON(data, &o); err != nil {
		return f, fmt.Errorf("InvokeAI's metadata in this picture cannot be read: %w", err)
	}
	r := &f.Recipe
	r.Prompt, r.Negative = o.text("positive_prompt"), o.text("negative_prompt")
	r.Steps, r.Guidance, r.Seed = o.count("steps"), float32(o.number("cfg_scale")), f.seed(scalarText(o["seed"]))
	r.Width, r.Height = o.count("width"), o.count("height")
	r.Strength, r.ClipSkip, r.Rescale = float32(o.number("strength")), o.count("clip_skip"), float32(o.number("cfg_rescale_multiplier"))
	if d := o.text("rand_device"); d == "cuda" {
		r.RNG = "philox"
	}
	f.sampler(o.text("scheduler"), "")
	r.seamless(string(o["seamless_x"]) == "true", string(o["seamless_y"]) == "true")
	model := o.object("model")
	for _, k := range []string{"model_name", "name", "key"} {
		if r.Model == "" {
			r.Model = modelName(model.text(k))
		}
	}
	if sha, ok := strings.CutPrefix(model.text("hash"), "sha256:"); ok { // other hashes are not SHA-256
		r.ModelHash = sha
	}
	var loras []struct {
		Lora, Model object
		Weight      float32
	}
	json.Unmarshal(o["loras"], &loras)
	for _, l := range loras {
		if l.Lora == nil {
			l.Lora = l.Model
		}
		name := l.Lora.text("model_name") + l.Lora.text("name")
		r.LoRAs = append(r.LoRAs, LoRA{Name: name, Weight: l.Weight})
		f.lose("LoRA %s", name)
	}
	if strings.ContainsAny(r.Prompt, "+-") && strings.Contains(r.Prompt, ")") {
		f.lose("InvokeAI's weights in the prompt: (word)+")
	}
	f.others(o, "positive_prompt negative_prompt steps cfg_scale seed width height strength clip_skip cfg_rescale_multiplier rand_device scheduler model loras "+
		"generation_mode app_version positive_style_prompt negative_style_prompt vae seamless_x seamless_y")
	return f, nil
}

// readSwarm reads SwarmUI's "sui_image_params".
func readSwarm(data []byte) (Found, error) {
	f := Found{Program: "SwarmUI", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	var whole object
	if err := parseJSON(data, &whole); err != nil {
		return f, fmt.Errorf("SwarmUI's parameters in this picture cannot be read: %w", err)
	}
	o := whole.object("sui_image_params")
	r := &f.Recipe
	r.Prompt, r.Negative = o.text("prompt"), o.text("negativeprompt")
	r.Steps, r.Guidance, r.Seed = o.count("steps"), float32(o.number("cfgscale")), f.seed(scalarText(o["seed"]))
	r.Width, r.Height = o.count("width"), o.count("height")
	r.Model = modelName(o.text("model"))
	r.Variation, r.VariationSeed = float32(o.number("variationseedstrength")), f.seed(scalarText(o["variationseed"]))
	if c := o.number("initimagecreativity"); c > 0 && o["initimage"] != nil {
		r.Strength, r.Mode = float32(c), "image to image"
		f.lose("the picture that it started from")
	}
	if own := o.number("fluxguidancescale"); own > 0 {
		f.distilled(float32(own))
	}
	f.sampler(o.text("sampler"), o.text("scheduler"))
	r.Tiling = swarmTilings[scalarText(o["seamlesstileable"])].String()
	f.others(o, "seamlesstileable fluxguidancescale prompt negativeprompt steps cfgscale seed width height model variationseedstrength variationseed initimage initimagecreativity sampler scheduler "+
		"swarm_version date generation_time images aspectratio sidelength automaticvae loras loraweights")
	names, weights := list(o["loras"]), list(o["loraweights"])
	for i, name := range names {
		l := LoRA{Name: modelName(name), Weight: 1}
		if i < len(weights) {
			fmt.Sscan(weights[i], &l.Weight)
		}
		r.LoRAs = append(r.LoRAs, l)
		f.lose("LoRA %s", l.Name)
	}
	return f, nil
}

// readFooocus reads Fooocus' own scheme. Its styles and expansion change the prompt; the full text that was used is
// taken if it was stored.
func readFooocus(data []byte) (Found, error) {
	f := Found{Program: "Fooocus", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	var o object
	if err := parseJSON(data, &o); err != nil || o["prompt"] == nil {
		return f, ErrNone
	}
	r := &f.Recipe
	r.Prompt, r.Negative = o.text("prompt"), o.text("negative_prompt")
	if full := lines(o["full_prompt"]); full != "" {
		r.Prompt = full
	}
	if full := lines(o["full_negative_prompt"]); full != "" {
		r.Negative = full
	}
	r.Steps, r.Guidance, r.Seed = o.count("steps"), float32(o.number("guidance_scale")), f.seed(scalarText(o["seed"]))
	fmt.Sscanf(strings.NewReplacer("(", "", ")", "", " ", "").Replace(o.text("resolution")), "%d,%d", &r.Width, &r.Height)
	r.Model, r.ModelHash = modelName(o.text("base_model")), o.text("base_model_hash")
	if n := o.count("clip_skip"); n > 1 {
		r.ClipSkip = n - 1
	}
	f.sampler(o.text("sampler"), o.text("scheduler"))
	for _, key := range []string{"styles", "prompt_expansion"} {
		if v := o.text(key); v != "" && v != "[]" {
			f.lose("%s: %s", key, v)
		}
	}
	var loras [][]any
	json.Unmarshal(o["loras"], &loras)
	for _, l := range loras {
		if len(l) > 1 {
			name, _ := l[0].(string)
			weight, _ := l[1].(float64)
			r.LoRAs = append(r.LoRAs, LoRA{Name: modelName(name), Weight: float32(weight)})
			f.lose("LoRA %s", modelName(name))
		}
	}
	for key := range o { // duplicates for its own form
		if strings.HasPrefix(key, "lora_combined_") {
			delete(o, key)
		}
	}
	f.others(o, "prompt negative_prompt full_prompt full_negative_prompt steps guidance_scale seed resolution base_model base_model_hash clip_skip sampler scheduler "+
		"styles prompt_expansion loras version metadata_scheme created_by vae")
	return f, nil
}

// list reads a list of texts, or one text separated by commas.
func list(data json.RawMessage) []string {
	var many []string
	if json.Unmarshal(data, &many) == nil {
		return many
	}
	var one string
	if json.Unmarshal(data, &one) == nil && one != "" {
		return strings.Split(one, ",")
	}
	return nil
}

// lines joins a list of texts; a plain text is unchanged.
func lines(data json.RawMessage) string {
	var many []string
	if json.Unmarshal(data, &many) == nil {
		return strings.Join(many, "\n")
	}
	var one string
	json.Unmarshal(data, &one)
	return one
}

// others adds all settings except the known keys to Lost.
func (f *Found) others(o object, known string) {
	have := map[string]bool{}
	for _, k := range strings.Fields(known) {
		have[k] = true
	}
	var keys []string
	for k := range o {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		switch v := string(o[k]); {
		case have[k] || v == "null" || v == `""` || v == "[]" || v == "{}" || v == "false" || v == "0":
		default:
			f.lose("%s: %s", k, strings.Trim(v, `"`))
		}
	}
}
