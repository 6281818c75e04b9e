package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// underRecipe are the options with a recipe's values in place of the defaults; flags are then set over them.
func (o *options) underRecipe() (*options, error) {
	found, err := readRecipe(o.recipeFile)
	if err != nil {
		return nil, err
	}
	r := found.Recipe
	out := unset()
	out.set, out.used, out.lost, out.writer = o.set, &r, found.Lost, found.Program
	if out.request, err = r.Request(engine.Facts{}); err != nil {
		return nil, fmt.Errorf("%s: %w", o.recipeFile, err)
	}
	q := &out.request
	if q.RNG == "" {
		q.RNG = "torch"
	}
	if o.initFile == "" {
		q.Strength = 0
	}
	if len(r.Expand) == 4 && o.initFile != "" {
		out.expand = "recipe"
		out.expandL, out.expandT, out.expandR, out.expandB = r.Expand[0], r.Expand[1], r.Expand[2], r.Expand[3]
	}
	out.changes = r.Changes
	out.model, out.class, out.refiner = r.Model, r.Class, r.Refiner
	if r.RefinerAt > 0 {
		out.refinerAt = r.RefinerAt
	}
	if r.Pictures["init"] != "" && o.initFile == "" && !r.Enlarges() {
		return nil, fmt.Errorf("the recipe began from a picture (%s), which recipes do not contain: give it with --init", r.Mode)
	}
	if len(r.Controls) > 0 && len(o.controls) == 0 {
		return nil, errors.New("the recipe followed a ControlNet's picture, which recipes do not contain: give it with --control")
	}
	if n := r.References(); n > 0 && len(o.references) == 0 {
		return nil, fmt.Errorf("the recipe had %d reference pictures, which recipes do not contain: give them with --reference", n)
	}
	return out, nil
}

// printLost prints which settings of a recipe are not carried over.
func (o *options) printLost(env Env) {
	if len(o.lost) > 0 {
		fmt.Fprintf(env.Err, "nirvana generate: of the recipe of %s this is not carried over: %s\n", o.writer, printable(strings.Join(o.lost, "; ")))
	}
}

// fromUsed takes the parts of a recipe that have no flag.
func (j *job) fromUsed(u *recipe.Recipe) {
	if u != nil && u.MaskHash != "" && j.Mask != nil {
		j.Match = u.Match
		if u.Feather > 0 {
			j.Feather = u.Feather
		}
	}
}

// usedMask is the recipe's mask if the run begins from the same picture; nil if another mask was given.
func (o *options) usedMask(size image.Point) (*image.Gray, error) {
	if o.used == nil || o.set["mask"] || o.set["expand"] || o.used.MaskHash == "" {
		return nil, nil
	}
	m, err := o.used.MaskPicture()
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		return nil, errors.New("the recipe's mask was too large for it: give it with --mask")
	case m.Rect.Size() != size:
		return nil, fmt.Errorf("the recipe's mask is for a picture of %dx%d and --init leads to %dx%d: give the recipe's picture, or a --mask", m.Rect.Dx(), m.Rect.Dy(), size.X, size.Y)
	}
	return m, nil
}

// remember records the run's inputs in its recipe.
func (j *job) remember(r *recipe.Recipe, o *options) error {
	if j.Mask != nil {
		if err := r.SetMask(j.Mask); err != nil {
			return err
		}
		r.Feather, r.Match = j.Feather, j.Match
	}
	if o.expand != "" {
		r.Expand = []int{o.expandL, o.expandT, o.expandR, o.expandB}
	}
	r.Read("init", j.init)
	return nil
}

// verdict reports whether a reproduced picture is the same, step for step and, where it was enlarged, pixel for pixel.
func (o *options) verdict(env Env, made recipe.Recipe) {
	if o.used == nil || !recipe.Same(made, *o.used) || o.enlarges() && !recipe.SameUpscale(made, *o.used) {
		return
	}
	text, step := "identical", -1
	first, steps := recipe.Compare(o.used.Hashes, made.Hashes)
	same, enlarged := recipe.CompareEnlarged(*o.used, made)
	switch {
	case !steps && !enlarged:
		fmt.Fprintln(env.Err, "nirvana generate: the recipe has no hashes of its steps, so there is nothing to compare with")
		return
	case steps && first >= 0:
		step, text = first, fmt.Sprintf("differs from step %d", first)
	case enlarged && !same:
		text = "differs in the enlarged picture"
	}
	if text != "identical" {
		if why := o.why(made, max(step, 0)); why != "" {
			text += ": " + why
		}
	}
	if o.progress == "json" {
		data, _ := json.Marshal(map[string]any{"again": text, "step": step})
		text = string(data)
	}
	fmt.Fprintln(env.Out, text)
}

// why is the possible reason for the difference, as far as the recipes show it.
func (o *options) why(made recipe.Recipe, step int) string {
	u := o.used
	switch made.Why(*u, step) {
	case recipe.OtherModel:
		return "the model is another"
	case recipe.OtherStart:
		return "--init is another picture than the recipe's"
	case recipe.OtherControl:
		return "--control is another picture than the recipe's"
	case recipe.OtherReference:
		return "--reference is another picture than the recipe's"
	case recipe.OtherRuntime:
		return fmt.Sprintf("it was made with %s, this is %s", u.Runtime, made.Runtime)
	case recipe.OtherProgram:
		return fmt.Sprintf("it was made with %s, this is %s", u.Software, made.Software)
	case recipe.OtherOrder:
		return "another machine or number of threads computes in another order"
	}
	return ""
}
