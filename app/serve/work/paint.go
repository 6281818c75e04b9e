package work

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// bench holds the open model.
type bench struct {
	name   string // as in the order
	folder models.Folder
	model  *Model
}

// put replaces the open model by another, or by none, and closes the old one: two at once may need more memory than
// there is.
func (q *Queue) put(b bench) error {
	q.mu.Lock()
	was := q.bench
	q.bench = b
	q.mu.Unlock()
	if was.model == nil {
		return nil
	}
	return was.model.Close()
}

// model opens an order's model, unless it is open.
func (q *Queue) model(r *Run) (bench, error) {
	name := r.order.Model
	if name == "" {
		name = q.engine.UsualModel()
	}
	folder, err := q.engine.Catalogue.Find(name)
	if err != nil {
		return bench{}, &Invalid{"model", err.Error()}
	}
	if r.order.VAE != "" {
		vae, err := models.Further([]string{r.order.VAE}, nil)
		if err == nil {
			folder, err = models.ReadWith(folder.Dir, vae...)
		}
		if err != nil {
			return bench{}, &Invalid{"sd_vae", err.Error()}
		}
	}
	q.mu.Lock()
	open := q.bench
	q.mu.Unlock()
	if open.model != nil && open.folder.Dir == folder.Dir && open.folder.Identity == folder.Identity && open.folder.VAE == folder.VAE {
		return open, nil
	}
	if err := q.put(bench{}); err != nil {
		return bench{}, err
	}
	m, err := q.engine.Open(r.ctx, folder)
	if err != nil {
		return bench{}, err
	}
	b := bench{folder.Name, folder, m}
	return b, q.put(b)
}

func (q *Queue) paint(r *Run) ([]Picture, error) {
	b, err := q.model(r)
	if err != nil {
		return nil, err
	}
	r.set(func(v *View) { v.State, v.Notices = Painting, b.model.Notices })
	var made []Picture
	for i := range max(r.order.Count, 1) {
		if r.ctx.Err() != nil {
			return made, nil
		}
		r.set(func(v *View) { v.Picture, v.Step = i, engine.Step{} })
		q.expect(r, b, i)
		p, err := q.picture(r, b, r.order.numbered(i))
		if err != nil {
			return made, err
		}
		if p != nil {
			made = append(made, *p)
			if q.engine.Made != nil && !p.Unfinished {
				q.engine.Made(*p)
			}
		}
		r.set(func(v *View) { v.Made = made[:len(made):len(made)] })
	}
	return made, nil
}

// picture makes one picture, with its second pass; nil if it was stopped before a preview.
func (q *Queue) picture(r *Run, b bench, o Order) (*Picture, error) {
	ctx, cancel := r.skippable()
	defer cancel()
	p, err := q.pass(ctx, r, b, o)
	if err != nil || p == nil || p.Unfinished || o.Second == nil {
		return p, err
	}
	next := o.second(p)
	large, err := q.resized(ctx, p.Image, o.Second.Upscaler, image.Pt(next.Recipe.Width, next.Recipe.Height))
	if err != nil {
		if ctx.Err() != nil {
			return p, nil
		}
		return nil, err
	}
	next.Init = large
	second, err := q.pass(ctx, r, b, next)
	if second == nil {
		return p, err
	}
	return second, err
}

// second is the order of the second pass.
func (o Order) second(first *Picture) Order {
	s := *o.Second
	n := Order{Recipe: o.Recipe, Watch: o.Watch, Match: o.Match}
	n.Recipe.Seed = first.Recipe.Seed
	n.Recipe.Width, n.Recipe.Height, n.Recipe.Strength = s.Width, s.Height, s.Strength
	if s.Steps > 0 {
		n.Recipe.Steps = s.Steps
	}
	if s.Sampler != "" {
		n.Recipe.Sampler, n.Recipe.Schedule = s.Sampler, s.Schedule
	}
	if s.Prompt != "" {
		n.Recipe.Prompt = s.Prompt
	}
	if s.Negative != "" {
		n.Recipe.Negative = s.Negative
	}
	return n
}

// pass is one run of the engine, with its result composed onto the initial picture.
func (q *Queue) pass(ctx context.Context, r *Run, b bench, o Order) (*Picture, error) {
	request, g, err := o.prepared(b.model.Facts())
	if err != nil {
		return nil, err
	}
	_, _, _, of, err := b.model.Plan(request)
	if err != nil {
		return nil, &Invalid{"request", err.Error()}
	}
	began := time.Now()
	var last engine.Step
	var trail recipe.Trail
	for s, err := range b.model.Generate(ctx, request) {
		if err = o.wanting(b.model.Facts(), err); err != nil && ctx.Err() != nil {
			return q.unfinished(r, b, g, request, last)
		}
		if err != nil {
			return nil, err
		}
		last = s
		trail.Add(s)
		s.Of = max(s.Of, of)
		r.set(func(v *View) { v.Step = s })
		if o.Watch != nil {
			o.Watch(s)
		}
	}
	if last.Pictures == nil {
		return nil, fmt.Errorf("the run gave no picture")
	}
	rec := q.recipe(b, g, request, time.Since(began))
	trail.Into(&rec)
	return &Picture{Image: g.finish(last.Pictures[0], request), Recipe: rec}, nil
}

// unfinished is the picture of an interrupted run: its predicted x_0.
func (q *Queue) unfinished(r *Run, b bench, g *ground, request engine.Request, last engine.Step) (*Picture, error) {
	if context.Cause(r.ctx) == errStopped || last.X0.Data == nil || last.Index == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	made, err := b.model.Decode(ctx, last.X0)
	if err != nil || len(made) == 0 {
		return nil, nil // there is only the preview
	}
	return &Picture{Image: g.finish(made[0], request), Recipe: q.recipe(b, g, request, 0), Unfinished: true}, nil
}

// request is the order as an engine request, without the pictures.
func (o Order) request(f engine.Facts) (engine.Request, error) {
	q, err := o.Recipe.Request(f)
	if err != nil {
		return q, &Invalid{"recipe", err.Error()}
	}
	if q.RNG == "" {
		q.RNG = "torch"
	}
	if !f.Text && strings.TrimSpace(q.Prompt) != "" {
		i := task.ClassIn(f.Classes, q.Prompt)
		if i < 0 {
			return q, invalid("prompt", "%s takes no prompt but a class: name one of %s", f.Name, strings.Join(f.Classes, ", "))
		}
		q.ClassLabels, q.Prompt, q.Negative = []int{i}, "", ""
	}
	if o.Init != nil && q.Strength == 0 {
		q.Strength = task.UsualStrength(o.mode(), q.Steps)
	}
	if o.Init == nil {
		q.Strength = 0
	}
	if q.Draft && f.Draft.Steps > 0 {
		q = f.Draft.Of(q)
	}
	task.ApplyModelOptions(&q, f, false)
	if q.References = o.References; len(q.References) > 0 && f.References == 0 {
		return q, invalid("references", "%s takes no reference pictures: leave them out", f.Name)
	}
	return q, o.controls(&q, f)
}

// wanting is the error of a run whose model needs a picture that the order has not, as the client's; others as they are.
func (o Order) wanting(f engine.Facts, err error) error {
	switch {
	case fault.Of(err) != fault.NeedsInput:
		return err
	case o.Init == nil:
		return invalid("image", "%s works on a picture: send one with the request", f.Name)
	case o.Mask == nil && f.Inpaint:
		return invalid("mask", "%s repaints what a mask shows: send one with the request", f.Name)
	}
	return invalid("image", "%s", err)
}

func (o Order) controls(q *engine.Request, f engine.Facts) error {
	for _, c := range o.Control {
		net := 0
		if c.Net != "" {
			net = task.ClassNamed(f.ControlNames, c.Net)
		}
		if net < 0 || net >= f.ControlNets {
			return invalid("controlnet", "%s has no ControlNet %q: it has %s", f.Name, c.Net, strings.Join(f.ControlNames, ", "))
		}
		q.Control = append(q.Control, engine.Control{Net: net, Picture: c.Picture, Scale: c.Weight, From: c.From, Until: c.Until})
	}
	return nil
}

func (q *Queue) recipe(b bench, g *ground, r engine.Request, took time.Duration) recipe.Recipe {
	rec := recipe.Of(r, b.model.Facts())
	rec.ReadPictures(r)
	if w, h, _, _, err := b.model.Plan(r); err == nil {
		rec.Width, rec.Height = w, h
	}
	rec.Mode, rec.Model, rec.ModelHash = g.order.mode().String(), b.folder.Name, b.folder.Identity
	if b.folder.VAE != "" {
		rec.VAE = []string{filepath.Base(b.folder.VAE)}
	}
	rec.Software, rec.Runtime = recipe.Software(q.engine.Version), "ONNX Runtime "+b.model.Runtime+", "+b.model.Device
	rec.Made, rec.Seconds = time.Now().UTC().Format(time.RFC3339), took.Seconds()
	if g.Mask != nil {
		if err := rec.SetMask(g.Mask); err == nil {
			rec.Feather, rec.Match = g.Feather, g.Match
		}
	}
	return rec
}

// enlarge makes the picture of an Enlarge order.
func (q *Queue) enlarge(r *Run) ([]Picture, error) {
	r.set(func(v *View) { v.State = Painting })
	o, size := r.order, r.order.Size
	if size == (image.Point{}) {
		own := o.Init.Rect.Size()
		size = image.Pt(max(1, int(float64(own.X)*o.Factor+0.5)), max(1, int(float64(own.Y)*o.Factor+0.5)))
	}
	if err := q.limits.size("upscaling_resize", size.X, size.Y); err != nil {
		return nil, err
	}
	img, err := q.resized(r.ctx, o.Init, o.Upscaler, size)
	if err != nil {
		return nil, err
	}
	return []Picture{{Image: img, Unfinished: true}}, nil // a recipe could not reproduce it
}

// resized enlarges a picture with an upscaler's file, or resamples it if that is "".
func (q *Queue) resized(ctx context.Context, img *image.RGBA, file string, size image.Point) (*image.RGBA, error) {
	if file != "" {
		u, closeIt, err := q.engine.Upscaler(file)
		if err != nil {
			return nil, err
		}
		defer closeIt()
		factor := max(float64(size.X)/float64(img.Rect.Dx()), float64(size.Y)/float64(img.Rect.Dy()), 0.25)
		if img, err = u.Upscale(ctx, img, min(factor, 16), nil); err != nil {
			return nil, err
		}
	}
	if img.Rect.Size() == size {
		return img, nil
	}
	return pixel.Resize(img, size.X, size.Y), nil
}
