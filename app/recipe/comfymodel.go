package recipe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// model follows a model back through LoRAs and patches to its file.
func (c *comfy) model(p place) {
	r := &c.found.Recipe
	for range 256 {
		n, o, ok := c.from(p)
		if !ok {
			if _, linked := p.link(); !linked { // the loader's own
				c.loras(node{Inputs: p.in})
				r.Model = modelName(scalarText(p.in[p.key]))
			}
			return
		}
		c.loras(n)
		c.patched(n)
		if next, ok := c.input(n, "ckpt_name", "unet_name", "base_ckpt_name", "model_name", "gguf_name"); ok && n.Inputs[next.key] != nil {
			r.Model = modelName(scalarText(c.scalar(next)))
			return
		}
		if p, ok = c.onward(n, o.slot, usualModel); !ok {
			return
		}
	}
}

// patched reads settings that ComfyUI has as nodes on the model.
func (c *comfy) patched(n node) {
	switch r := &c.found.Recipe; {
	case n.Class == "RescaleCFG":
		r.Rescale = float32(c.number(n, "multiplier"))
	case n.Class == "PerpNeg":
		r.PerpNeg = float32(c.number(n, "neg_scale"))
	case strings.HasPrefix(n.Class, "ModelSampling"):
		for _, key := range []string{"shift", "max_shift", "sampling"} {
			if v := c.word(n, key); v != "" {
				c.found.lose("%s: %s %s", n.Class, key, v)
			}
		}
	}
}

// stacked matches a LoRA's number in a list: lora_name_2, lora_02, lora_2_name.
var stacked = regexp.MustCompile(`^lora_(?:name_)?0*(\d+)(?:_name)?$`)

// loras reads those of a node and of the stacks linked to it.
func (c *comfy) loras(n node) {
	for range 64 {
		c.lora(c.word(n, "lora_name"), c.weight(n, "lora_model_strength", "strength_model", "model_weight", "strength"))
		for _, key := range sortedKeys(n.Inputs) {
			if m := stacked.FindStringSubmatch(key); m != nil {
				c.stackedLoRA(n, key, m[1])
			}
		}
		next, ok := c.linked(n, "lora_stack", "optional_lora_stack")
		if _, own := n.Inputs["lora_stack"]; !ok || !own && n.Inputs["optional_lora_stack"] == nil {
			return
		}
		n = next
	}
}

func (c *comfy) stackedLoRA(n node, key, i string) {
	var power struct { // of rgthree's Power Lora Loader
		On       bool
		LoRA     string
		Strength float32
	}
	if json.Unmarshal(n.Inputs[key], &power) == nil && power.LoRA != "" {
		if power.On {
			c.lora(power.LoRA, power.Strength)
		}
		return
	}
	if most := c.number(n, "lora_count", "num_loras"); most > 0 && (object{"v": json.RawMessage(i)}).number("v") > most {
		return
	}
	if c.word(n, "switch_"+i) == "Off" {
		return
	}
	keys := []string{"model_weight_" + i, "strength_" + i, fmt.Sprintf("strength_%02s", i), "lora_wt_" + i, "lora_" + i + "_strength"}
	if mode := c.word(n, "input_mode", "mode"); mode == "advanced" {
		keys = []string{"model_str_" + i, "lora_" + i + "_model_strength"}
	}
	c.lora(scalarText(c.scalar(place{n.Inputs, key})), c.weight(n, keys...))
}

// weight is the first of these inputs that the node has; otherwise 1.
func (c *comfy) weight(n node, keys ...string) float32 {
	for _, k := range keys {
		if n.Inputs[k] != nil {
			return float32(c.number(n, k))
		}
	}
	return 1
}

func (c *comfy) lora(name string, weight float32) {
	if name = modelName(name); name == "" || name == "None" || weight == 0 {
		return
	}
	r := &c.found.Recipe
	for _, l := range r.LoRAs {
		if l.Name == name {
			return
		}
	}
	r.LoRAs = append(r.LoRAs, LoRA{Name: name, Weight: weight})
	c.found.lose("LoRA %s", name)
}

// written matches a size in a preset's name: "1024 x 1024  (square)", "3:4 portrait 896x1152".
var written = regexp.MustCompile(`(\d{2,5})\s*[x×*]\s*(\d{2,5})`)

// latent follows the latents that a sampler began from: to their size, and the picture if they were encoded from one.
func (c *comfy) latent(p place) {
	r := &c.found.Recipe
	for range 256 {
		n, o, ok := c.from(p)
		if !ok {
			if _, linked := p.link(); !linked { // the loader's own
				c.size(node{Inputs: p.in})
			}
			return
		}
		c.size(n)
		switch class := n.Class; {
		case strings.Contains(class, "LoadImage") || strings.Contains(class, "Load Image"):
			if r.Mode != "inpaint" {
				r.Mode = "image to image"
			}
			c.found.lose("the picture that it started from")
			return
		case class == "VAEEncodeForInpaint", class == "InpaintModelConditioning", class == "SetLatentNoiseMask":
			r.Mode = "inpaint"
			c.found.lose("the mask")
		case class == "LatentUpscaleBy", class == "ImageScaleBy", class == "ImageScaleToTotalPixels":
			c.found.lose("node %s", class)
		}
		if p, ok = c.onward(n, o.slot, usualPicture); !ok {
			if n.Inputs["empty_latent_width"] == nil && n.Inputs["pixels"] != nil {
				p = place{n.Inputs, "pixels"}
				continue
			}
			return
		}
	}
}

// size takes a node's size, unless a node nearer to the sampler had one.
func (c *comfy) size(n node) {
	r := &c.found.Recipe
	if r.Width > 0 {
		return
	}
	for _, key := range []string{"resolution", "dimensions", "aspect_ratio"} {
		if m := written.FindStringSubmatch(n.Inputs.text(key)); m != nil && !strings.Contains(n.Inputs.text(key), "custom") {
			fmt.Sscan(m[1], &r.Width)
			fmt.Sscan(m[2], &r.Height)
			return
		}
	}
	for _, keys := range [][2]string{{"width", "height"}, {"empty_latent_width", "empty_latent_height"}, {"width_override", "height_override"}} {
		if n.Inputs[keys[0]] != nil && n.Inputs[keys[1]] != nil {
			r.Width, r.Height = count(c.side(n, keys[0], 0)), count(c.side(n, keys[1], 1))
			return
		}
	}
}

// side is a width or height, possibly from a node with a list of sizes.
func (c *comfy) side(n node, key string, slot int) float64 {
	if from, _, ok := c.from(place{n.Inputs, key}); ok {
		for _, k := range []string{"aspect_ratio", "resolution", "dimensions"} {
			if m := written.FindStringSubmatch(from.Inputs.text(k)); m != nil {
				return object{"v": json.RawMessage(m[1+slot])}.number("v")
			}
		}
	}
	return c.number(n, key)
}
