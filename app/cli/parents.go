package cli

import (
	"context"
	"errors"
	"fmt"
	"image"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// parents makes the other runs again whose steps a run's changes use: what is grafted, and what is kept outside of a
// mask. What they began from is what this run begins from: recipes have no pictures.
type parents struct {
	o       *options
	m       *Opened
	j       *job
	strokes []*image.RGBA
	known   map[string]engine.Tensor // by the hash of x_t
}

// addChanges adds the changes to the request, with the pictures that they name.
func (o *options) addChanges(ctx context.Context, m *Opened, j *job) error {
	o.changes, o.fresh = append(o.changes, o.fresh...), nil
	p := parents{o: o, m: m, j: j, known: map[string]engine.Tensor{}}
	for _, file := range o.strokes {
		img, err := loadPicture("--stroke", file)
		if err != nil {
			return err
		}
		p.strokes = append(p.strokes, pixel.Packed(img))
	}
	all, err := p.changes(ctx, o.changes)
	if errors.Is(err, recipe.ErrPixels) {
		return fmt.Errorf("%w: give them with --stroke FILE", err)
	}
	j.request.Changes = all
	return err
}

func (p *parents) changes(ctx context.Context, changes []recipe.Change) (out []engine.Change, _ error) {
	for _, c := range changes {
		to, err := c.Request(p.strokes, func(s recipe.Source) (engine.Tensor, error) { return p.step(ctx, s) })
		if err != nil {
			return nil, err
		}
		out = append(out, to)
	}
	return out, nil
}

// step makes a parent again, up to the step that is used.
func (p *parents) step(ctx context.Context, s recipe.Source) (engine.Tensor, error) {
	if s.Parent == nil {
		return engine.Tensor{}, errors.New("the recipe of its run is missing")
	}
	if x, ok := p.known[s.X]; ok {
		return x, nil
	}
	q, err := s.Parent.Request(p.m.Facts())
	if err == nil {
		err = p.pictures(&q, *s.Parent)
	}
	if err != nil {
		return engine.Tensor{}, err
	}
	if q.Changes, err = p.changes(ctx, s.Parent.Changes); err != nil {
		return engine.Tensor{}, err
	}
	for step, err := range p.o.run(ctx, p.m, q) {
		if err != nil {
			return engine.Tensor{}, err
		}
		if step.Index != s.Step {
			continue
		}
		if s.X != "" && step.X.SHA256() != s.X {
			return engine.Tensor{}, errors.New("its run cannot be reproduced here: the model, a LoRA or the machine is another")
		}
		p.known[step.X.SHA256()] = step.X
		return step.X, nil
	}
	return engine.Tensor{}, fmt.Errorf("its run has no step %d", s.Step)
}

// pictures gives a parent's request the pictures that it read, if they are those of this run.
func (p *parents) pictures(q *engine.Request, parent recipe.Recipe) error {
	var own recipe.Recipe
	own.ReadPictures(p.j.request)
	own.Read("init", p.j.init)
	for role, hash := range parent.Pictures {
		if own.Pictures[role] != hash {
			return errors.New("its run read another picture than this one, and recipes do not contain pictures: give the same, or take a run of text alone")
		}
	}
	if len(parent.Controls) > len(p.j.request.Control) {
		return errors.New("its run followed a ControlNet's picture, which recipes do not contain: give it with --control")
	}
	if parent.Pictures["init"] != "" {
		q.Init = p.j.request.Init
	}
	if parent.MaskHash != "" {
		if p.j.Mask == nil || recipe.Hash(p.j.Mask.Rect, p.j.Mask.Pix) != parent.MaskHash {
			return errors.New("its run had another mask than this one")
		}
		q.Mask = p.j.request.Mask
	}
	for i, c := range parent.Controls {
		own := p.j.request.Control[i]
		to := c.Request(own.Net)
		to.Picture = own.Picture
		q.Control = append(q.Control, to)
	}
	q.Depth, q.References = p.j.request.Depth, p.j.request.References[:min(parent.References(), len(p.j.request.References))]
	return nil
}

// parents are the recipes of the runs whose steps the changes use, by the hashes of x_t.
func (o *options) parents(q engine.Request) map[string]*recipe.Recipe {
	out := map[string]*recipe.Recipe{}
	for i, c := range o.changes[:min(len(o.changes), len(q.Changes))] {
		for k, g := range c.Grafts[:min(len(c.Grafts), len(q.Changes[i].Grafts))] {
			out[q.Changes[i].Grafts[k].X.SHA256()] = g.Parent
		}
		if c.Kept != nil && q.Changes[i].Kept != nil {
			out[q.Changes[i].Kept.SHA256()] = c.Kept.Parent
		}
	}
	return out
}
