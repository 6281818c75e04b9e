package recipe

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readCivitai reads the output of Civitai's own generator: the graph of its ComfyUI and, as a JSON text next to the
// nodes, the settings as typed. If those are missing the graph is read.
func readCivitai(data []byte) (Found, error) {
	var whole object
	if err := parseJSON(data, &whole); err != nil {
		return Found{Program: "Civitai"}, fmt.Errorf("the metadata of Civitai in this picture cannot be read: %w", err)
	}
	o := whole.object("extraMetadata")
	if o == nil {
		if err := parseJSON([]byte(whole.text("extraMetadata")), &o); err != nil {
			return readComfy(data)
		}
	}
	f := Found{Program: "Civitai", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	r := &f.Recipe
	r.Prompt, r.Negative = o.text("prompt"), o.text("negativePrompt")
	r.Steps, r.Guidance, r.Seed = o.count("steps"), float32(o.number("cfgScale")), f.seed(scalarText(o["seed"]))
	r.Width, r.Height = o.count("width"), o.count("height")
	r.ClipSkip = max(o.count("clipSkip")-1, 0)
	r.Sampler = o.text("sampler")
	r.splitSampler()
	name, schedule := r.Sampler, r.Schedule
	r.Sampler, r.Schedule = "", ""
	f.sampler(name, schedule)
	if d := o.number("denoise"); d > 0 && d < 1 {
		r.Strength, r.Mode = float32(d), "image to image"
		f.lose("the picture that it started from")
	}
	f.others(o, "prompt negativePrompt steps cfgScale sampler seed width height clipSkip denoise resources")
	f.resources(o["resources"])
	if graph, err := readComfy(data); err == nil {
		f.model(graph)
	}
	return f, nil
}

// model adds what only the graph has. Civitai refers to files by its own URNs there.
func (f *Found) model(graph Found) {
	r, g := &f.Recipe, graph.Recipe
	if strings.HasPrefix(g.Model, "urn:air:") {
		f.lose("model %s", g.Model)
	} else {
		r.Model = g.Model
	}
	for _, l := range graph.Recipe.LoRAs {
		f.lose("LoRA %s, weight %g", l.Name, l.Weight)
	}
	if r.Schedule == "" && g.Sampler == r.Sampler {
		r.Schedule = g.Schedule
	}
}

func (f *Found) resources(data json.RawMessage) {
	var list []object
	json.Unmarshal(data, &list)
	for _, l := range list {
		f.lose("Civitai's resource %s, weight %g", scalarText(l["modelVersionId"]), l.number("strength"))
	}
}
