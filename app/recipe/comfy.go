package recipe

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readComfy reads ComfyUI's "prompt": the graph in API form.
func readComfy(data []byte) (Found, error) {
	var o object
	if err := parseJSON(data, &o); err != nil {
		return Found{Program: "ComfyUI"}, fmt.Errorf("ComfyUI's graph in this picture cannot be read: %w", err)
	}
	nodes := map[string]node{}
	for id, raw := range o { // entries that are not nodes are additional data
		var n node
		if json.Unmarshal(raw, &n) == nil && n.Class != "" {
			nodes[id] = n
		}
	}
	return evaluate(nodes)
}

// evaluate reads the recipe from the sampler whose picture was saved. If several process one picture in turn, the
// first one counts; the later ones are listed as lost.
func evaluate(nodes map[string]node) (Found, error) {
	f := Found{Program: "ComfyUI", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	c := &comfy{nodes: nodes, found: &f, visits: maxVisits}
	passes, reached := c.saved()
	if len(passes) == 0 {
		return f, fmt.Errorf("ComfyUI's graph in this picture has no sampler that is known here")
	}
	first := passes[len(passes)-1]
	c.sampling(first)
	c.texts(first)
	if p, ok := c.input(first, "model", "ckpt_name", "base_ckpt_name", "base_model", "unet_name"); ok {
		c.model(p)
	} else if g, ok := c.linked(first, "guider"); ok {
		if p, ok := c.input(g, "model"); ok {
			c.model(p)
		}
	}
	if p, ok := c.input(first, latentInputs...); ok {
		c.latent(p)
	}
	c.more(first, passes[:len(passes)-1])
	for _, id := range reached {
		if class := nodes[id].Class; class != "" && !isQuiet(class) {
			f.lose("node %s", class)
		}
	}
	if c.visits < 0 {
		f.lose("parts of a graph that is too large")
	}
	return f, nil
}

var latentInputs = []string{"latent_image", "latent", "samples", "optional_latent", "latent_c", "image", "pixels", "empty_latent_width", "resolution"}

// linked returns the node that an input is linked to.
func (c *comfy) linked(n node, names ...string) (node, bool) {
	p, ok := c.input(n, names...)
	if !ok {
		return node{}, false
	}
	for range 64 { // through reroutes and switches
		from, o, ok := c.from(p)
		if !ok {
			return node{}, false
		}
		next, ok := c.passed(from, o.slot)
		if !ok {
			return from, true
		}
		p = next
	}
	return node{}, false
}

// saved returns the samplers whose picture was saved, the last one first, and the nodes that led there.
func (c *comfy) saved() (passes []node, reached []string) {
	var best []string
	var end string
	for _, kind := range []func(string) bool{isSave, isPreview, func(string) bool { return true }} {
		for _, id := range c.ids() {
			if n := c.nodes[id]; kind(n.Class) || c.savesItself(n) && kind("SaveImage") {
				if chain := c.chain(id); len(chain) > len(best) {
					best, end = chain, id
				}
			}
		}
		if len(best) > 0 {
			break
		}
	}
	for _, id := range best {
		passes = append(passes, c.nodes[id])
	}
	if isSave(c.nodes[end].Class) || isPreview(c.nodes[end].Class) {
		return passes, c.upstream(end)
	}
	return passes, c.ids()
}

func isSave(class string) bool {
	return strings.Contains(class, "Save") && !strings.HasPrefix(class, "SaveLatent")
}
func isPreview(class string) bool { return strings.Contains(class, "Preview") }

// savesItself are samplers that write their picture to disk.
func (c *comfy) savesItself(n node) bool {
	return strings.Contains(n.Inputs.text("image_output"), "Save")
}

// chain returns the samplers that a picture passed, from a node backwards.
func (c *comfy) chain(id string) (out []string) {
	n := c.nodes[id]
	seen := map[string]bool{}
	for len(out) < 32 && !seen[id] {
		seen[id] = true
		names := usualPicture
		if isSampler(n) {
			out, names = append(out, id), latentInputs
		}
		next, ok := c.before(n, names, seen)
		if !ok {
			break
		}
		id, n = next, c.nodes[next]
	}
	return out
}

// before returns the node whose picture or latents another takes, through nodes that are not samplers.
func (c *comfy) before(n node, names []string, seen map[string]bool) (string, bool) {
	p, ok := c.input(n, names...)
	if _, linked := p.link(); !ok || !linked {
		if p, ok = c.onward(n, 0, usualPicture); !ok {
			return "", false
		}
	}
	for range 256 {
		from, o, ok := c.from(p)
		if !ok {
			return "", false
		}
		if isSampler(from) {
			return o.id, true
		}
		if next, ok := c.onward(from, o.slot, usualPicture); ok {
			p = next
			continue
		}
		return c.nearest(from, seen)
	}
	return "", false
}

// nearest returns the nearest sampler over any link.
func (c *comfy) nearest(n node, seen map[string]bool) (string, bool) {
	visited := map[string]bool{}
	for queue := []node{n}; len(queue) > 0; queue = queue[1:] {
		for _, key := range sortedKeys(queue[0].Inputs) {
			from, o, ok := c.from(place{queue[0].Inputs, key})
			if !ok || visited[o.id] {
				continue
			}
			if visited[o.id] = true; isSampler(from) && !seen[o.id] {
				return o.id, true
			}
			queue = append(queue, from)
		}
	}
	return "", false
}

// upstream returns the nodes that a node's inputs lead to and itself, in order.
func (c *comfy) upstream(id string) (out []string) {
	seen := map[string]bool{id: true}
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		in := c.nodes[queue[0]].Inputs
		for key := range in {
			if o, ok := (place{in, key}).link(); ok && !seen[o.id] {
				seen[o.id], queue = true, append(queue, o.id)
			}
		}
	}
	for _, id := range c.ids() {
		if seen[id] {
			out = append(out, id)
		}
	}
	return out
}

func (c *comfy) ids() []string {
	in := make(object, len(c.nodes))
	for id := range c.nodes {
		in[id] = nil
	}
	return sortedKeys(in)
}

// isSampler reports whether a node denoises.
func isSampler(n node) bool {
	has := func(key string) bool { _, ok := n.Inputs[key]; return ok }
	switch {
	case has("guider") && has("sigmas"), has("sampler") && has("sigmas"):
		return true
	case has("sampler_name") && (has("steps") || has("noise_seed") || has("seed")):
		return !has("pipe") || !strings.Contains(n.Class, "preSampling")
	}
	return strings.HasPrefix(n.Class, "easy kSampler") || strings.HasPrefix(n.Class, "easy fullkSampler") ||
		strings.Contains(n.Class, "KSampler") && (has("basic_pipe") || has("latent_image") || has("sdxl_tuple"))
}

// more reports what processed the picture after the first sampler: a refiner is carried over, others are lost.
func (c *comfy) more(first node, further []node) {
	r := &c.found.Recipe
	steps, until := c.number(first, "steps"), c.number(first, "end_at_step", "refine_at_step")
	split := until > 0 && until < steps
	for i := len(further) - 1; i >= 0; i-- {
		n := further[i]
		if split && c.number(n, "start_at_step") == until && i == len(further)-1 {
			split = false
			if name := c.modelOf(n); name != "" && name != r.Model {
				r.Refiner, r.RefinerAt = name, float32(until/steps)
			}
			continue
		}
		c.found.lose("a further pass: %s, %g steps, denoise %g", n.Class, c.number(n, "steps"), c.number(n, "denoise"))
	}
	if refiner := modelName(c.word(first, "refiner_ckpt_name")); split && refiner != "" && refiner != "None" {
		split, r.Refiner, r.RefinerAt = false, refiner, float32(until/steps)
	}
	if from := c.number(first, "start_at_step"); split || from > 0 {
		if until == 0 {
			until = steps
		}
		c.found.lose("steps %g to %g of %g alone", from, min(until, steps), steps)
	}
}

// modelOf returns the name of a sampler's model.
func (c *comfy) modelOf(n node) string {
	var aside Found
	other := &comfy{nodes: c.nodes, found: &aside, visits: c.visits}
	if p, ok := other.input(n, "model", "ckpt_name"); ok {
		other.model(p)
	}
	c.visits = other.visits
	return aside.Recipe.Model
}
