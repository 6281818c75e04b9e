package models

import (
	"encoding/json"
	"slices"
	"strings"
)

// index is what model_index.json says of its pipeline.
type index struct {
	class string
	// listed are the components that it names; false: explicitly none.
	listed map[string]bool
}

func readIndex(data []byte) index {
	x := index{listed: map[string]bool{}}
	var entries map[string]json.RawMessage
	if json.Unmarshal(data, &entries) != nil {
		return x
	}
	json.Unmarshal(entries["_class_name"], &x.class)
	for name, raw := range entries {
		var component []*string // [library, class]
		if !strings.HasPrefix(name, "_") && (string(raw) == "null" || json.Unmarshal(raw, &component) == nil && len(component) == 2) {
			x.listed[name] = len(component) == 2 && component[1] != nil
		}
	}
	return x
}

// family are the networks besides the denoiser that every pipeline of the class's family has; nil for unknown
// families.
func family(class string) []string {
	for _, f := range []struct {
		in    string
		parts []string
	}{
		{"StableDiffusionXL", []string{"text_encoder_2", "vae_decoder"}}, // the refiner has no first encoder
		{"StableDiffusion3", []string{"text_encoder", "text_encoder_2", "vae_decoder"}},
		{"QwenImage", []string{"text_encoder", "vae_decoder"}},
		{"ZImage", []string{"text_encoder", "vae_decoder"}},
		{"Flux2Klein", []string{"text_encoder", "vae_decoder"}},
		{"Flux", []string{"text_encoder", "text_encoder_2", "vae_decoder"}},
		{"StableDiffusion", []string{"text_encoder", "vae_decoder"}},
		{"LatentConsistency", []string{"text_encoder", "vae_decoder"}},
	} {
		if strings.Contains(class, f.in) {
			return f.parts
		}
	}
	return nil
}

// components are the networks that a component of diffusers becomes in an export: the VAE is split in two.
func components(name string) []string {
	switch name {
	case "vae", "vqvae", "movq":
		return []string{"vae_decoder"} // an export for text to image has no encoder
	case "text_encoder", "text_encoder_2", "text_encoder_3", "vae_decoder", "vae_encoder", "controlnet":
		return []string{name}
	}
	return nil
}

// needs are the networks besides the denoiser that the folder must have, by model_index.json and the family.
func (f *Folder) needs() []string {
	x := readIndex(f.Index)
	var all []string
	for _, name := range family(x.class) {
		if has, said := x.listed[name]; !said || has {
			all = append(all, name)
		}
	}
	for name, has := range x.listed {
		if has {
			all = append(all, components(name)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lacks are the missing ones, and what the existing ones lack.
func (f *Folder) lacks() []string {
	var lacks []string
	for _, name := range f.needs() {
		if f.has(name) {
			continue
		}
		what := name + "/" + networkName
		if name == "vae_decoder" && isFolder(child(f.Dir, "vae")) {
			what += " (a folder vae is there: if it holds the decoder, call it vae_decoder)"
		}
		lacks = append(lacks, what)
	}
	for _, t := range f.Text {
		if strings.HasPrefix(t.Tokenizer, BundledTokenizer) {
			continue
		}
		if !isFolder(t.Tokenizer) {
			lacks = append(lacks, strings.Replace(t.Name, "text_encoder", "tokenizer", 1)+" for its "+t.Name)
		}
	}
	// A network's folder without a network: the remaining ones may look like a model of another kind.
	for _, name := range []string{"text_encoder", "text_encoder_2", "text_encoder_3", "vae_decoder", "vae_encoder"} {
		if what := name + "/" + networkName; isFolder(child(f.Dir, name)) && !f.has(name) && !slices.Contains(lacks, what) {
			lacks = append(lacks, what)
		}
	}
	return lacks
}

func (f *Folder) has(name string) bool {
	return slices.ContainsFunc(f.parts(), func(p Part) bool {
		return p.Name == name || name == "controlnet" && strings.HasPrefix(p.Name, name)
	})
}
