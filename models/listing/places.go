package listing

import (
	"context"
	"path/filepath"
	"slices"

	"nirvana/models/installation"
)

// place is where files of a kind lie: in folders of these names beside a model, in the first of them in the data folder, and in
// the folders of a kind in other programs' installations.
type place struct {
	names []string
	of    installation.Kind
}

var places = map[Kind]place{
	VAE:         {[]string{"vae", "VAE"}, installation.VAEs},
	TextEncoder: {[]string{"text_encoders", "clip", "text_encoder"}, installation.TextEncoders},
	LoRA:        {[]string{"loras"}, installation.LoRAs},
	Embedding:   {[]string{"embeddings"}, installation.Embeddings},
	ControlNet:  {[]string{"controlnet", "ControlNet"}, installation.ControlNets},
	Upscaler:    {[]string{"upscalers", "upscale_models", "ESRGAN"}, installation.Upscalers},
}

// Home is the folder of a kind of files in the data folder; "" for kinds that have none there.
func Home(kind Kind, data string) string {
	p, ok := places[kind]
	if !ok || data == "" {
		return ""
	}
	return filepath.Join(data, p.names[0])
}

// Places are the folders that files of a kind are looked for in: in and beside a model, in the program that it belongs to, in
// the data folder, and in the folders that the artist added (roots), of programs and plain ones. "" for no model, or no data
// folder.
func Places(kind Kind, model, data string, roots []string) (dirs []string) {
	p := places[kind]
	add := func(more ...string) {
		for _, dir := range more {
			if dir != "" && !slices.Contains(dirs, dir) && isFolder(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	if model != "" {
		if path, err := filepath.Abs(model); err == nil {
			model = path
		}
		for _, name := range p.names {
			if kind == LoRA || kind == Embedding { // others in a model's folder are its own
				add(filepath.Join(model, name))
			}
			add(filepath.Join(filepath.Dir(model), name))
		}
		add(installation.Around(model)[p.of]...)
	}
	add(Home(kind, data))
	for _, root := range roots {
		kept := installation.Read(root)
		add(kept[p.of]...)
		if len(kept[installation.Checkpoints]) == 0 {
			add(root)
		}
	}
	return dirs
}

// Fits reports whether a VAE, a ControlNet or a text encoder goes with a model; true for other kinds, and for a VAE of
// which it is not known.
func (c Card) Fits(model Card) bool {
	switch c.Kind {
	case VAE:
		return c.Latents.Fits(model.Latents)
	case ControlNet:
		return c.Context != 0 && c.Context == model.Context
	case TextEncoder:
		return slices.Contains(model.Encoders, c.Encoder)
	}
	return true
}

// Beside are the files of a kind that fit a model, in Places, each once by its path, those nearest to the model first.
func (c *Cache) Beside(ctx context.Context, kind Kind, model, data string, roots []string) []Card {
	found := c.Files(ctx, Places(kind, model, data, roots), kind)
	if model == "" || kind != VAE && kind != ControlNet && kind != TextEncoder {
		return found
	}
	of := c.Card(model)
	return slices.DeleteFunc(found, func(one Card) bool { return !one.Fits(of) })
}
