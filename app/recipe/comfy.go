package recipe

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// node is one of ComfyUI's graph, as its "prompt" text holds it. Inputs are
// values, or links: ["id", output].
type node struct {
	Class  string `json:"class_type"`
	Inputs object `json:"inputs"`
}

type comfyGraph map[string]node

// readComfy follows the links back from the sampler. Nodes that it does not know are listed as lost.
func readComfy(data []byte) (Found, error) {
	f := Found{Program: "ComfyUI", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	var g comfyGraph
	if err := json.Unmarshal(cleanJSON(data), &g); err != nil {
		return f, fmt.Errorf("ComfyUI's graph in this picture cannot be read: %w", err)
	}
	id := g.samplerNode(&f)
	if id == "" {
		return f, fmt.Errorf("ComfyUI's graph in this picture has no sampler that is known here")
	}
	in := g[id].Inputs
	g.samplerSettings(&f, in)
	f.Recipe.Prompt, f.Recipe.Negative = g.prompt(in, "positive"), g.prompt(in, "negative")
	if guider, ok := g.linked(in, "guider"); ok {
		f.Recipe.Prompt, f.Recipe.Negative = g.prompt(guider.Inputs, "positive"), g.prompt(guider.Inputs, "negative")
		if f.Recipe.Prompt == "" {
			f.Recipe.Prompt = g.prompt(guider.Inputs, "conditioning")
		}
		f.Recipe.Guidance = float32(g.value(guider.Inputs, "cfg"))
		g.model(&f, guider.Inputs)
		in = merged(in, guider.Inputs)
	}
	for _, key := range []string{"positive", "conditioning"} { // FLUX takes its guidance with the prompt
		if n, ok := g.walk(in, key, func(n node) bool { return n.Inputs["guidance"] != nil }); ok {
			f.Recipe.Guidance = float32(g.value(n.Inputs, "guidance"))
		}
	}
	g.model(&f, in)
	g.size(&f, in)
	g.clip(&f, in)
	for _, id := range g.sorted() {
		if c := g[id].Class; c != "" && !comfyKnown(c) {
			f.lose("node %s", c)
		}
	}
	return f, nil
}

func (g comfyGraph) sorted() []string {
	ids := make([]string, 0, len(g))
	for id := range g {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool {
		if len(ids[i]) != len(ids[j]) {
			return len(ids[i]) < len(ids[j])
		}
		return ids[i] < ids[j]
	})
	return ids
}

// samplerNode is the first sampler: the one whose latents come from no other.
func (g comfyGraph) samplerNode(f *Found) string {
	var found []string
	for _, id := range g.sorted() {
		if c := g[id].Class; strings.HasPrefix(c, "KSampler") && c != "KSamplerSelect" || strings.HasPrefix(c, "SamplerCustom") {
			found = append(found, id)
		}
	}
	for _, id := range found {
		if from, ok := g.walk(g[id].Inputs, "latent_image", func(n node) bool { return strings.Contains(n.Class, "Sampler") }); !ok || from.Class == "" {
			if len(found) > 1 {
				f.lose("%d further sampler nodes", len(found)-1)
			}
			return id
		}
	}
	return ""
}

func (g comfyGraph) samplerSettings(f *Found, in object) {
	r := &f.Recipe
	r.Steps, r.Guidance = int(g.value(in, "steps")), float32(g.value(in, "cfg"))
	for _, key := range []string{"seed", "noise_seed"} {
		if s, ok := g.source(in, key); ok {
			r.Seed = s.whole("v")
		}
	}
	if noise, ok := g.linked(in, "noise"); ok {
		r.Seed = noise.Inputs.whole("noise_seed")
	}
	name, schedule := g.name(in, "sampler_name"), g.name(in, "scheduler")
	if s, ok := g.linked(in, "sampler"); ok {
		name = g.name(s.Inputs, "sampler_name")
	}
	if s, ok := g.linked(in, "sigmas"); ok {
		schedule, r.Steps = g.name(s.Inputs, "scheduler"), int(g.value(s.Inputs, "steps"))
	}
	f.sampler(name, schedule)
	if to := g.value(in, "end_at_step"); in["end_at_step"] != nil && (to < float64(r.Steps) || g.value(in, "start_at_step") > 0) {
		f.lose("steps %g to %g of %d alone", g.value(in, "start_at_step"), min(to, float64(r.Steps)), r.Steps)
	}
	if d := g.value(in, "denoise"); d > 0 && d < 1 {
		r.Strength, r.Mode = float32(d), "image to image"
	}
}

// link is the id that an input is tied to.
func (o object) link(key string) (string, bool) {
	var l []json.RawMessage
	if json.Unmarshal(o[key], &l) != nil || len(l) != 2 {
		return "", false
	}
	var id string
	if json.Unmarshal(l[0], &id) != nil {
		var n json.Number
		if json.Unmarshal(l[0], &n) != nil {
			return "", false
		}
		id = n.String()
	}
	return id, true
}

func (g comfyGraph) linked(in object, key string) (node, bool) {
	id, ok := in.link(key)
	if !ok {
		return node{}, false
	}
	n, ok := g[id]
	return n, ok
}

// source is an input's value as {"v": value}, over a link to a node that holds one.
func (g comfyGraph) source(in object, key string) (object, bool) {
	for range 16 {
		n, ok := g.linked(in, key)
		if !ok {
			v, there := in[key]
			return object{"v": v}, there
		}
		in, key = n.Inputs, ""
		for _, k := range []string{"value", "seed", "noise_seed", "int", "Value", "string", "text", "STRING", "text_g", "prompt"} {
			if _, there := in[k]; there {
				key = k
				break
			}
		}
		if key == "" {
			return nil, false
		}
	}
	return nil, false
}

func (g comfyGraph) value(in object, key string) float64 {
	s, ok := g.source(in, key)
	if !ok {
		return 0
	}
	return s.number("v")
}

func (g comfyGraph) name(in object, key string) string {
	s, ok := g.source(in, key)
	if !ok {
		return ""
	}
	return s.text("v")
}

// walk goes back over links from an input until a node is wanted, breadth first.
func (g comfyGraph) walk(in object, key string, wanted func(node) bool) (node, bool) {
	id, ok := in.link(key)
	if !ok {
		return node{}, false
	}
	seen := map[string]bool{}
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		n, there := g[queue[0]]
		if !there {
			continue
		}
		if wanted(n) {
			return n, true
		}
		keys := make([]string, 0, len(n.Inputs))
		for k := range n.Inputs {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if to, ok := n.Inputs.link(k); ok {
				queue = append(queue, to)
			}
		}
	}
	return node{}, false
}

// prompt is the text of the encoder that conditions a sampler.
func (g comfyGraph) prompt(in object, key string) string {
	n, ok := g.walk(in, key, func(n node) bool { return strings.HasPrefix(n.Class, "CLIPTextEncode") })
	if !ok {
		return ""
	}
	for _, k := range []string{"text", "text_g", "t5xxl", "clip_g", "clip_l"} {
		if s, ok := g.source(n.Inputs, k); ok && s.text("v") != "" {
			return s.text("v")
		}
	}
	return ""
}

// model follows the model input through LoRA loaders to the checkpoint.
func (g comfyGraph) model(f *Found, in object) {
	g.walk(in, "model", func(n node) bool {
		for _, k := range []string{"ckpt_name", "unet_name", "model_name"} {
			if name := n.Inputs.text(k); name != "" {
				f.Recipe.Model = modelName(name)
				return true
			}
		}
		if name := n.Inputs.text("lora_name"); name != "" {
			f.Recipe.LoRAs = append(f.Recipe.LoRAs, LoRA{Name: modelName(name), Weight: float32(n.Inputs.number("strength_model"))})
			f.lose("LoRA %s", modelName(name))
		}
		return false
	})
}

// clip is how many layers the prompt's encoder leaves out.
func (g comfyGraph) clip(f *Found, in object) {
	for _, key := range []string{"positive", "conditioning"} {
		if n, ok := g.walk(in, key, func(n node) bool { return n.Inputs["stop_at_clip_layer"] != nil }); ok {
			f.Recipe.ClipSkip = max(int(-g.value(n.Inputs, "stop_at_clip_layer"))-1, 0)
		}
	}
}

// merged are a's inputs and those that only b has.
func merged(a, b object) object {
	out := object{}
	for k, v := range b {
		out[k] = v
	}
	for k, v := range a {
		out[k] = v
	}
	return out
}

func (g comfyGraph) size(f *Found, in object) {
	key := "latent_image"
	n, ok := g.walk(in, key, func(n node) bool { return n.Inputs["width"] != nil && n.Inputs["height"] != nil })
	if ok {
		f.Recipe.Width, f.Recipe.Height = int(g.value(n.Inputs, "width")), int(g.value(n.Inputs, "height"))
	}
	if _, ok := g.walk(in, key, func(n node) bool { return strings.HasPrefix(n.Class, "LoadImage") }); ok {
		f.Recipe.Mode = "image to image"
		f.lose("the picture that it started from")
	}
}

// comfyKnown are nodes whose meaning is carried over, or that have none for a recipe.
func comfyKnown(class string) bool {
	for _, known := range []string{"KSampler", "SamplerCustom", "CLIPTextEncode", "Empty", "VAE", "CheckpointLoader", "UNETLoader", "CLIPLoader", "DualCLIPLoader",
		"TripleCLIPLoader", "SaveImage", "PreviewImage", "LoraLoader", "LoadImage", "Primitive", "Note", "RandomNoise", "BasicScheduler", "BasicGuider", "CFGGuider", "Reroute",
		"String", "Int", "Float", "CLIPSetLastLayer", "FluxGuidance"} {
		if strings.HasPrefix(class, known) {
			return true
		}
	}
	return false
}

// cleanJSON makes bare NaN and Infinity, which Python writes, into null.
func cleanJSON(data []byte) []byte {
	if json.Valid(data) {
		return data
	}
	s := string(data)
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		for _, before := range []string{": ", ":", "[", ", "} {
			s = strings.ReplaceAll(s, before+bare, before+"null")
		}
	}
	return []byte(s)
}
