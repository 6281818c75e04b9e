package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nirvana/app/recipe"
	"nirvana/models"
	"nirvana/models/listing"
)

// folder is the model that --model names, with the parts that --vae and --text-encoder put in place of its own.
func (o *options) folder(c models.Catalogue) (models.Folder, error) {
	further, err := models.Further(o.vaes, o.texts)
	if err != nil {
		return models.Folder{}, err
	}
	if len(further) > 0 && exists(o.model) {
		return models.ReadWith(o.model, further...)
	}
	f, err := c.Find(o.model)
	if err != nil || len(further) == 0 {
		return f, err
	}
	return f.With(further...)
}

// partsFrom takes the files that a recipe names, and the upscaler that --upscale names: where they are, or by their names
// where such files are looked for.
func (o *options) partsFrom(ctx context.Context, env Env) error {
	o.upscaleNamed(ctx, env)
	if o.used == nil {
		return nil
	}
	for _, p := range []struct {
		flag  string
		kind  listing.Kind
		files *list
		names []string
	}{{"vae", listing.VAE, &o.vaes, o.used.VAE}, {"text-encoder", listing.TextEncoder, &o.texts, o.used.TextEncoders}, {"embedding", listing.Embedding, &o.embeddings, o.used.Embeddings}} {
		if o.set[p.flag] {
			continue
		}
		for _, name := range p.names {
			file := o.found(ctx, env, p.kind, name)
			switch {
			case file != "":
				p.files.Set(file)
			case o.writer == "" || o.writer == "Nirvana":
				return fmt.Errorf("the recipe's %s %s is not here: give it with --%s FILE", p.kind, name, p.flag)
			default:
				o.lost = append(o.lost, fmt.Sprintf("%s %s", p.kind, name))
			}
		}
	}
	return errors.Join(o.lorasFrom(ctx, env), o.upscaleFrom(ctx, env))
}

// lorasFrom takes the LoRAs that a recipe names. One without .safetensors, of another program's recipe, is looked up as in prompts.
func (o *options) lorasFrom(ctx context.Context, env Env) error {
	if o.set["lora"] {
		return nil
	}
	for _, l := range o.used.LoRAs {
		if !strings.HasSuffix(l.Name, ".safetensors") {
			continue
		}
		file := o.found(ctx, env, listing.LoRA, l.Name)
		if file == "" {
			return fmt.Errorf("the recipe's LoRA %s is not here: give it with --lora FILE:%g", l.Name, l.Weight)
		}
		o.loras.Set(fmt.Sprintf("%s:%g", file, l.Weight))
	}
	return nil
}

// bases are the files' names without folders: a picture does not tell where its maker keeps them.
func bases(files []string) []string {
	var out []string
	for _, file := range files {
		out = append(out, recipe.Base(file))
	}
	return out
}

// upscaleNamed finds the upscaler of --upscale NAME or NAME:FACTOR; where there is no file of the name, it stays as it is.
func (o *options) upscaleNamed(ctx context.Context, env Env) {
	name, factor := o.upscale, ""
	if exists(name) || name == "" {
		return
	}
	file := o.found(ctx, env, listing.Upscaler, name)
	if i := strings.LastIndexByte(name, ':'); file == "" && i > 0 {
		name, factor = name[:i], name[i:]
		file = o.found(ctx, env, listing.Upscaler, name)
	}
	if file != "" {
		o.upscale = file + factor
	}
}

// upscaleFrom takes the upscaler that a recipe names, with its factor and the refinement.
func (o *options) upscaleFrom(ctx context.Context, env Env) error {
	u := o.used.Upscale
	if o.used.Interpolates() {
		o.refine = o.used.Strength
	}
	if u == nil || o.set["upscale"] {
		return nil
	}
	file := o.found(ctx, env, listing.Upscaler, u.Upscaler)
	if file == "" {
		said := fmt.Sprintf("the recipe's upscaler %s is not here: give it with --upscale FILE", u.Upscaler)
		if !o.enlarges() {
			said += ", or leave it out with --upscale \"\""
		}
		return errors.New(said)
	}
	if o.upscale = file; u.Factor > 0 {
		o.upscale = fmt.Sprintf("%s:%g", file, u.Factor)
	}
	if !o.set["refine"] {
		o.refine = u.Refine
	}
	return nil
}

// found is the file of a kind that a recipe names; "" for none.
func (o *options) found(ctx context.Context, env Env, kind listing.Kind, name string) string {
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		return name
	}
	model := ""
	if f, err := env.Catalogue.Find(o.model); err == nil {
		model = f.Dir
	} else if exists(o.model) {
		model = o.model
	}
	base := recipe.Base(name)
	for _, c := range env.beside(ctx, kind, model) {
		if strings.EqualFold(filepath.Base(c.Path), base) || strings.EqualFold(c.Name(), base) {
			return c.Path
		}
	}
	return ""
}

// beside are the files of a kind that go with a model: beside it, in its program's folders, in the data folder and in those
// that the artist added.
func (env Env) beside(ctx context.Context, kind listing.Kind, model string) []listing.Card {
	var roots []string
	if env.Roots != nil {
		roots = env.Roots()
	}
	return env.listing().Beside(ctx, kind, model, env.Home, roots)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
