package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/carry"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/schedule"
)

// Result is the engine's result of a case.
type Result struct {
	Tensors  map[string][]engine.Tensor // those passed to Watch, by name
	Steps    []engine.Step              // 0 is the start
	Pictures []*image.RGBA
}

// Final is the last step's x.
func (r *Result) Final() engine.Tensor { return r.Steps[len(r.Steps)-1].X }

// compute runs a case from its inputs only.
func (f *File) compute(ctx context.Context, c *Case, m *engine.Model) (*Result, error) {
	req, crop, err := f.request(c)
	if err != nil {
		return nil, err
	}
	for i, name := range c.ControlNets[:min(len(c.ControlNets), len(req.Control))] {
		if isFile(name) {
			name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)) // as the model names it
		}
		if req.Control[i].Net = slices.Index(m.Facts().ControlNames, name); req.Control[i].Net < 0 {
			return nil, fmt.Errorf("%s has no ControlNet %q", c.Model, name)
		}
	}
	r := &Result{Tensors: map[string][]engine.Tensor{}}
	req.Watch = func(name string, t engine.Tensor) {
		if t.Data != nil {
			r.Tensors[name] = append(r.Tensors[name], t.Clone())
		}
	}
	for s, err := range m.Generate(ctx, req) {
		if err != nil {
			return nil, err
		}
		if s.Pictures == nil {
			r.Steps = append(r.Steps, s)
			continue
		}
		if len(r.Steps) <= s.Index {
			r.Steps = append(r.Steps, s)
		}
		r.Pictures = s.Pictures
	}
	if crop != nil {
		for i := range r.Pictures {
			r.Pictures[i] = crop(r.Pictures[i])
		}
	}
	return r, nil
}

// takenApart are fields of a request that a case has under the same name, and that are converted separately.
var takenApart = map[string]string{"Control": "pictures", "Changes": "of the way", "Mask": "a file", "Depth": "a file", "References": "files"}

// request converts a case to a request. The function, if not nil, composes the picture of an enlarged crop back.
func (f *File) request(c *Case) (engine.Request, func(*image.RGBA) *image.RGBA, error) {
	r := engine.Request{}
	if c.Scheduler != "" { // else the model's own
		cfg, err := c.scheduler()
		if err != nil {
			return r, nil, err
		}
		r.Scheduler = &cfg
	}
	carry.Fields(&r, *c, takenApart, map[string]string{"CropTopLeft": "Crop", "NegativeOriginal": "NegOriginal", "AestheticScore": "Aesthetic"})
	r.ClassLabels = c.Classes
	if len(c.Timesteps)+len(c.Sigmas) > 0 {
		r.Steps = 0 // their number decides
	}
	per := max(c.Images, 1)
	r.Prompts, r.Prompts2, r.Prompts3 = each(c.Prompt, per), each(c.Prompt2, per), each(c.Prompt3, per)
	r.Negatives, r.Negatives2, r.Negatives3 = each(c.Negative, per), each(c.Negative2, per), each(c.Negative3, per)
	r.NoNegative = c.Negative == nil
	r.Count = max(per*max(len(c.Prompt), 1), c.Batch)
	if c.Guidance != nil {
		r.Guidance, r.NoGuidance = *c.Guidance, *c.Guidance == 0
	}
	if strings.HasPrefix(c.Pipeline, "QwenImage") { // guided by true_cfg_scale, where there is a negative prompt
		r.Guidance, r.TrueGuidance = c.TrueGuidance, 0
		r.NoGuidance = r.NoNegative || r.Guidance == 1
	}
	for _, w := range c.Without {
		r.WithoutT5 = r.WithoutT5 || w == "text_encoder_3"
	}
	crop, err := f.pictures(c, &r)
	return r, crop, err
}

// each repeats every prompt for its pictures.
func each(texts []string, per int) []string {
	var out []string
	for _, t := range texts {
		for range per {
			out = append(out, t)
		}
	}
	return out
}

// scheduler is the recorded configuration with its class.
func (c *Case) scheduler() (schedule.Config, error) {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(c.Config, &settings); err != nil {
		return schedule.Config{}, fmt.Errorf("scheduler_config: %w", err)
	}
	settings["_class_name"] = json.RawMessage(fmt.Sprintf("%q", c.Scheduler))
	data, err := json.Marshal(settings)
	if err != nil {
		return schedule.Config{}, err
	}
	return schedule.ParseConfig(bytes.ReplaceAll(data, []byte(`"-Infinity"`), []byte("-Infinity")))
}

// pictures loads the files that a case names.
func (f *File) pictures(c *Case, r *engine.Request) (func(*image.RGBA) *image.RGBA, error) {
	var err error
	load := func(name string) *image.RGBA {
		if name == "" || err != nil {
			return nil
		}
		var img *image.RGBA
		img, err = pixel.Load(filepath.Join(f.dir, name))
		return img
	}
	r.Init = load(c.Image)
	for _, name := range c.References {
		r.References = append(r.References, load(name))
	}
	mask, depth := load(c.Mask), load(c.Depth)
	for i, name := range c.ControlImages {
		k := engine.Control{Picture: load(name), Scale: c.ControlScales.at(i, 1), From: c.ControlStarts.at(i, 0), Until: max(c.ControlEnds.at(i, 1), 1e-9), GuessRow: c.Guess}
		if k.Scale == 0 {
			k.Until = 1e-9 // for the engine 0 means 1
		}
		r.Control = append(r.Control, k)
	}
	for _, x := range c.Changes {
		to := engine.Change{At: x.At, Guidance: x.Guidance, Prompt: x.Prompt, Negative: x.Negative}
		if m := load(x.Mask); m != nil {
			to.Mask = pixel.Gray(m)
		}
		r.Changes = append(r.Changes, to)
	}
	if err != nil {
		return nil, err
	}
	if mask != nil {
		r.Mask = pixel.Gray(mask)
	}
	if depth != nil {
		r.Depth = pixel.Gray(depth)
	}
	if c.LatentsFrom != "" {
		if r.Latents, err = f.latentsOf(c.LatentsFrom); err != nil {
			return nil, err
		}
	}
	if c.MaskCrop != nil && r.Mask != nil {
		return cropped(r, *c.MaskCrop), nil
	}
	return nil, nil
}

// latentsOf returns the recorded final latents of another case, from which this one continues.
func (f *File) latentsOf(name string) (*engine.Tensor, error) {
	for i := range f.Cases {
		if f.Cases[i].Name != name {
			continue
		}
		var e Expected
		if err := json.Unmarshal(f.Cases[i].Expected, &e); err != nil {
			return nil, fmt.Errorf("case %s, from whose latents this one continues: %w", name, err)
		}
		t := engine.Zeros(e.Final.Shape...)
		if len(t.Data) != len(e.Final.Values) {
			return nil, fmt.Errorf("case %s, from whose latents this one continues, has %d values for shape %v", name, len(e.Final.Values), e.Final.Shape)
		}
		for k, v := range e.Final.Values {
			t.Data[k] = float32(v)
		}
		return &t, nil
	}
	return nil, fmt.Errorf("there is no case %s to continue from", name)
}

// cropped crops a request to the mask's surroundings, and returns the function that composes the result back.
func cropped(r *engine.Request, padding int) func(*image.RGBA) *image.RGBA {
	whole, mask := r.Init, r.Mask
	at := pixel.MaskCrop(mask, r.Width, r.Height, padding)
	r.Init, r.Mask = pixel.Crop(whole, at), pixel.CropMask(mask, at)
	return func(made *image.RGBA) *image.RGBA { return pixel.PasteCrop(whole, mask, made, at) }
}
