package cli

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"strings"

	"nirvana/app/task"
	"nirvana/engine"
)

// kindOptions are the flags that only some kinds of models use.
type kindOptions struct {
	refinerAt               float32
	original, crop, refiner string
	second                  *Opened
}

func (k *kindOptions) flags(f *flag.FlagSet, q *engine.Request) {
	real(f, &q.TrueGuidance, "true-guidance", "FLUX: true guidance scale, in addition to the distilled guidance")
	real(f, &q.AestheticScore, "aesthetic-score", "SDXL refiner: 1 to 10; default 6")
	f.StringVar(&k.original, "original-size", "", "SDXL: WxH, the original size as an input of the model; default: the picture's size")
	f.StringVar(&k.crop, "crop", "", "SDXL: LEFT,TOP, the crop as an input of the model")
	f.StringVar(&k.refiner, "refiner", k.refiner, "SDXL: name or folder of a refiner model for the last steps")
	if k.refinerAt == 0 {
		k.refinerAt = task.RefinerAt
	}
	real(f, &k.refinerAt, "refiner-at", "share of the steps after which the refiner takes over")
}

// kinds reads pairs of numbers; SDXL takes height before width.
func (o *options) kinds() error {
	q := &o.request
	if o.original != "" {
		if n, err := fmt.Sscanf(strings.ToLower(o.original), "%dx%d", &q.OriginalSize[1], &q.OriginalSize[0]); err != nil || n != 2 || min(q.OriginalSize[0], q.OriginalSize[1]) < 1 {
			return wrong("--original-size %q is not WxH, for example 1024x1024", o.original)
		}
	}
	if o.crop != "" {
		if n, err := fmt.Sscanf(o.crop, "%d,%d", &q.CropTopLeft[1], &q.CropTopLeft[0]); err != nil || n != 2 || min(q.CropTopLeft[0], q.CropTopLeft[1]) < 0 {
			return wrong("--crop %q is not LEFT,TOP in px, for example 0,128", o.crop)
		}
	}
	if o.refiner != "" && !(o.refinerAt > 0 && o.refinerAt < 1) {
		return wrong("--refiner-at %g is not between 0 and 1", o.refinerAt)
	}
	return nil
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
	k.refiner = folder.Name // as recipes name models
	if k.second, err = env.Open(ctx, folder, OpenOptions{Device: open.Device, Threads: open.Threads}); err != nil {
		return err
	}
	if !k.second.Facts().Refiner {
		k.second.Close()
		return fmt.Errorf("--refiner %s is not a refiner: leave it out, or give one", k.refiner)
	}
	return nil
}

// run generates with the model, and then with its refiner if there is one.
func (k *kindOptions) run(ctx context.Context, m *Opened, r engine.Request) iter.Seq2[engine.Step, error] {
	if k.second == nil {
		return m.Generate(ctx, r)
	}
	_, _, of, _, err := m.Plan(r)
	if err != nil {
		return m.Generate(ctx, r) // which reports it
	}
	return engine.HandOver(ctx, r, k.refinerAt, of, m.Generate, func() (engine.Generator, error) { return k.second.Generate, nil })
}
