package command

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// kindOptions are the flags that only some kinds of models have a use for.
type kindOptions struct {
	trueGuidance, aesthetic, refinerAt float64
	original, crop, refiner            string
	originalSize, cropTopLeft          [2]int // height before width, as SDXL is told
	second                             *Opened
	nets                               []string // the model's ControlNets
}

func (k *kindOptions) flags(f *flag.FlagSet) {
	f.Float64Var(&k.trueGuidance, "true-guidance", 0, "FLUX: real guidance beside the distilled one")
	f.Float64Var(&k.aesthetic, "aesthetic-score", 0, "SDXL refiner: 1 to 10, 6 when absent")
	f.StringVar(&k.original, "original-size", "", "SDXL: WxH that the model is told the picture had; its own size when absent")
	f.StringVar(&k.crop, "crop", "", "SDXL: LEFT,TOP that the model is told were cut off")
	f.StringVar(&k.refiner, "refiner", "", "SDXL: model name or folder that goes on where --model leaves off")
	f.Float64Var(&k.refinerAt, "refiner-at", 0.8, "share of the steps after which it does")
}

// check reads what is written in pairs.
func (k *kindOptions) check() error {
	if k.original != "" {
		if n, err := fmt.Sscanf(strings.ToLower(k.original), "%dx%d", &k.originalSize[1], &k.originalSize[0]); err != nil || n != 2 || min(k.originalSize[0], k.originalSize[1]) < 1 {
			return wrong("--original-size %q is not WxH, for example 1024x1024", k.original)
		}
	}
	if k.crop != "" {
		if n, err := fmt.Sscanf(k.crop, "%d,%d", &k.cropTopLeft[1], &k.cropTopLeft[0]); err != nil || n != 2 || min(k.cropTopLeft[0], k.cropTopLeft[1]) < 0 {
			return wrong("--crop %q is not LEFT,TOP in px, for example 0,128", k.crop)
		}
	}
	if k.refiner != "" && !(k.refinerAt > 0 && k.refinerAt < 1) {
		return wrong("--refiner-at %g is not between 0 and 1", k.refinerAt)
	}
	return nil
}

func (k *kindOptions) kinds(r *engine.Request) {
	r.TrueGuidance, r.AestheticScore = float32(k.trueGuidance), float32(k.aesthetic)
	r.OriginalSize, r.CropTopLeft = k.originalSize, k.cropTopLeft
}

// openRefiner opens --refiner, which has to be one.
func (k *kindOptions) openRefiner(ctx context.Context, env Env, open OpenOptions) error {
	if k.refiner == "" {
		return nil
	}
	folder, err := env.Catalogue.Find(k.refiner)
	if err != nil {
		return err
	}
	if k.second, err = env.Open(ctx, folder, OpenOptions{Device: open.Device, Threads: open.Threads}); err != nil {
		return err
	}
	if !k.second.Facts().Refiner {
		k.second.Close()
		return fmt.Errorf("--refiner %s is no refiner: leave it out, or give one", k.refiner)
	}
	return nil
}

// run is the model's, and after it its refiner's where there is one.
func (k *kindOptions) run(ctx context.Context, m *Opened, r engine.Request) iter.Seq2[engine.Step, error] {
	if k.second == nil {
		return m.Generate(ctx, r)
	}
	_, _, of, _, err := m.Plan(r)
	if err != nil {
		return m.Generate(ctx, r) // which tells of it
	}
	return engine.HandOver(ctx, r, float32(k.refinerAt), of, m.Generate, func() (engine.Generator, error) { return k.second.Generate, nil })
}

// rememberKinds writes down what kinds put into a request.
func (o *options) rememberKinds(rec *recipe.Recipe, r engine.Request) {
	rec.TrueGuidance, rec.Aesthetic = r.TrueGuidance, r.AestheticScore
	if r.OriginalSize != [2]int{} {
		rec.OriginalSize = r.OriginalSize[:]
	}
	if r.CropTopLeft != [2]int{} {
		rec.CropTopLeft = r.CropTopLeft[:]
	}
	if o.second != nil {
		rec.Refiner, rec.RefinerAt = o.refiner, float32(o.refinerAt)
	}
	rec.Embeddings = o.embeddings
}

// kindsFrom takes them from a recipe, where no flag says otherwise.
func (o *options) kindsFrom(r recipe.Recipe, set func(name string, apply func())) error {
	set("true-guidance", func() { o.trueGuidance = float64(r.TrueGuidance) })
	set("aesthetic-score", func() { o.aesthetic = float64(r.Aesthetic) })
	set("original-size", func() { copy(o.originalSize[:], r.OriginalSize) })
	set("crop", func() { copy(o.cropTopLeft[:], r.CropTopLeft) })
	set("refiner", func() { o.refiner = r.Refiner })
	set("refiner-at", func() {
		if r.RefinerAt > 0 {
			o.refinerAt = float64(r.RefinerAt)
		}
	})
	set("embedding", func() { o.embeddings = r.Embeddings })
	for _, file := range o.embeddings {
		if !o.set["embedding"] && !exists(file) {
			return fmt.Errorf("the recipe's embedding %s is not there: give it with --embedding", file)
		}
	}
	return nil
}

// lorasFrom takes a recipe's LoRAs. A bare name, of another program's recipe, is looked for where a prompt's are.
func (o *options) lorasFrom(r recipe.Recipe) error {
	for _, l := range r.LoRAs {
		_, err := os.Stat(l.Name)
		switch {
		case err == nil:
			o.loras = append(o.loras, fmt.Sprintf("%s:%g", l.Name, l.Weight))
		case strings.HasSuffix(l.Name, ".safetensors"):
			return fmt.Errorf("the recipe's LoRA %s is not there: give it with --lora FILE:%g", l.Name, l.Weight)
		}
	}
	return nil
}
