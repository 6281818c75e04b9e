package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strings"

	"nirvana/app/recipe"
)

// fromRecipe fills in what no flag has set.
func (o *options) fromRecipe(env Env) error {
	found, err := readRecipe(o.recipeFile)
	if err != nil {
		return err
	}
	r := found.Recipe
	if len(found.Lost) > 0 {
		fmt.Fprintf(env.Err, "nirvana generate: of the recipe of %s this is not carried over: %s\n", found.Program, printable(strings.Join(found.Lost, "; ")))
	}
	o.used, o.syntaxOff = &r, !r.Syntax
	set := func(name string, apply func()) {
		if !o.set[name] {
			apply()
		}
	}
	set("prompt", func() { o.prompt = r.Prompt })
	set("negative", func() { o.negative = r.Negative })
	set("model", func() { o.model = r.Model })
	set("sampler", func() { o.sampler = r.Sampler })
	set("schedule", func() { o.schedule = r.Schedule })
	set("steps", func() { o.steps = r.Steps })
	set("guidance", func() { o.guidance = float64(r.Guidance) })
	set("guidance-interval", func() { o.interval = joined(r.Interval) })
	set("guidance-curve", func() { o.curve = joined(r.Curve) })
	set("draft", func() { o.draft, o.few = r.Draft, r.FewSteps })
	set("guidance-rescale", func() { o.rescale = float64(r.Rescale) })
	set("eta", func() { o.eta = float64(r.Eta) })
	o.walkFrom(r, set)
	set("seed", func() { o.seed = r.Seed })
	set("clip-skip", func() { o.clipSkip = r.ClipSkip })
	set("class", func() { o.class = r.Class })
	set("masked-content", func() { o.content = r.Content })
	set("size", func() { o.width, o.height = r.Width, r.Height })
	set("image-guidance", func() { o.imageGuidance = float64(r.ImageGuidance) })
	set("soft-mask", func() { o.soft = r.Soft })
	set("expand", func() {
		if len(r.Expand) == 4 && o.initFile != "" {
			o.expand = "recipe"
			o.expandL, o.expandT, o.expandR, o.expandB = r.Expand[0], r.Expand[1], r.Expand[2], r.Expand[3]
		}
	})
	set("lora", func() { err = o.lorasFrom(r) })
	if err := errors.Join(err, o.kindsFrom(r, set)); err != nil {
		return err
	}
	set("rng", func() {
		if r.RNG != "" {
			o.rng = r.RNG
		}
	})
	set("strength", func() {
		if o.initFile != "" {
			o.strength = float64(r.Strength)
		}
	})
	if !o.set["scheduler"] && len(r.Settings) > 0 {
		o.settings = r.Settings
	}
	if r.Pictures["init"] != "" && o.initFile == "" {
		return fmt.Errorf("the recipe began from a picture (%s), which recipes do not carry: give it with --init", r.Mode)
	}
	if len(r.Controls) > 0 && len(o.controls) == 0 {
		return errors.New("the recipe followed a ControlNet's picture, which recipes do not carry: give it with --control")
	}
	return nil
}

// fromUsed gives a run the parts of a recipe that have no flag.
func (j *job) fromUsed(u *recipe.Recipe) {
	if u == nil {
		return
	}
	j.request.Variation, j.request.VariationSeed = u.Variation, u.VariationSeed
	if u.MaskHash != "" && j.mask != nil {
		j.match = u.Match
		if u.Feather > 0 {
			j.feather = u.Feather
		}
	}
}

// usedMask is the recipe's mask for a picture that begins as the recipe's did; nil where another was asked for.
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

// remember puts what the run read into its recipe.
func (j *job) remember(r *recipe.Recipe, o *options) error {
	if j.mask != nil {
		if err := r.SetMask(j.mask); err != nil {
			return err
		}
		r.Soft, r.Feather, r.Match = j.request.Soft, j.feather, j.match
	}
	if o.expand != "" {
		r.Expand = []int{o.expandL, o.expandT, o.expandR, o.expandB}
	}
	r.Read("init", j.init)
	if d := j.request.Depth; d != nil {
		r.ReadGrey("depth", d)
	}
	for i, c := range j.request.Control {
		r.Read(recipe.ControlRole(i), c.Picture)
		r.Controls = append(r.Controls, recipe.Control{Net: o.nets[c.Net], Weight: c.Scale, From: c.From, Until: c.Until})
	}
	return nil
}

// verdict says whether a picture that was made again came out the same, step for step.
func (o *options) verdict(env Env, made recipe.Recipe) {
	if o.used == nil || !recipe.Same(made, *o.used) {
		return
	}
	text := "identical"
	step, ok := recipe.Compare(o.used.Hashes, made.Hashes)
	switch {
	case !ok:
		fmt.Fprintln(env.Err, "nirvana generate: the recipe has no hashes of its steps, so there is nothing to compare with")
		return
	case step >= 0:
		text = fmt.Sprintf("differs from step %d", step)
		if why := o.why(made, step); why != "" {
			text += ": " + why
		}
	}
	if o.progress == "json" {
		data, _ := json.Marshal(map[string]any{"again": text, "step": step})
		text = string(data)
	}
	fmt.Fprintln(env.Out, text)
}

// why is what could make the difference, as far as the recipes tell.
func (o *options) why(made recipe.Recipe, step int) string {
	u := o.used
	switch made.Why(*u, step) {
	case recipe.OtherModel:
		return "the model is another"
	case recipe.OtherStart:
		return "--init is another picture than the recipe's"
	case recipe.OtherControl:
		return "--control is another picture than the recipe's"
	case recipe.OtherRuntime:
		return fmt.Sprintf("it was made with %s, this is %s", u.Runtime, made.Runtime)
	case recipe.OtherProgram:
		return fmt.Sprintf("it was made with %s, this is %s", u.Software, made.Software)
	case recipe.OtherOrder:
		return "another machine or number of threads computes in another order"
	}
	return ""
}

func joined(v []float32) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(v)), ","), "[]")
}
