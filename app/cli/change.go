package cli

import (
	"errors"
	"flag"
	"strconv"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// changeOptions are the flags for changes during a run.
type changeOptions struct {
	changeFlags, strokes list
	strokePixels         bool
	fromStep             int
	statesOf             string
	states               int
	changes              []recipe.Change // the recipe's, then those of the flags
	fresh                []recipe.Change // of --change
}

const changeUsage = `STEP: KEY=VALUE; KEY=VALUE, what changes from that step on, such as "12: guidance=3; prompt=a blue bird"; a value with a ; in double quotes; may be given again. ` +
	`Keys: prompt, negative, guidance, curve, interval, rescale, image-guidance, true-guidance, eta, eta-ancestral, sampler, control (NET:WEIGHT), mask (FILE), keep (0 to 1, how firmly the rest is kept), ` +
	`stroke (FILE, painted in where it is opaque), stroke-strength, graft (PICTURE with a recipe, whose same step takes the place), graft-mask, graft-strength`

func (c *changeOptions) flags(f *flag.FlagSet) {
	f.Var(&c.changeFlags, "change", changeUsage)
	f.Var(&c.strokes, "stroke", "FILE of a stroke of which the recipe has only the hash; can be repeated")
	f.BoolVar(&c.strokePixels, "stroke-pixels", c.strokePixels, "write the strokes' pixels into the recipe, not only their hashes")
	f.IntVar(&c.fromStep, "from-step", c.fromStep, "with --recipe: the flags apply from this step on, like a --change; the steps before are the recipe's")
	f.StringVar(&c.statesOf, "from", c.statesOf, "with --from-step: a --trace folder of the recipe's run with --states, to continue from instead of from noise")
	f.IntVar(&c.states, "states", c.states, "save the sampler's state in the --trace folder every so many steps, to continue exactly; 0: never")
}

// readChanges parses the --change flags.
func (o *options) readChanges() error {
	if o.fromStep < 0 || o.states < 0 {
		return wrong("--from-step and --states are numbers of steps, 0 or more")
	}
	if o.states > 0 && o.traceDir == "" {
		return wrong("--states are kept in a folder: give --trace DIR")
	}
	if o.set["from-step"] && o.recipeFile == "" {
		return wrong("--from-step goes on from a recipe's step: give --recipe FILE")
	}
	if o.statesOf != "" && !o.set["from-step"] {
		return wrong("--from needs the step to go on from: give --from-step N")
	}
	if (len(o.changeFlags) > 0 || o.fromStep > 0) && o.bestOf > 1 {
		return wrong("--best-of searches among runs that are alike: choose first, then change the seed that it chose")
	}
	o.fresh = nil
	for _, text := range o.changeFlags {
		c, err := readChange(text)
		if err != nil {
			return err
		}
		o.fresh = append(o.fresh, c)
	}
	return nil
}

func readChange(text string) (recipe.Change, error) {
	var c recipe.Change
	step, rest, ok := strings.Cut(text, ":")
	at, err := strconv.Atoi(strings.TrimSpace(step))
	if !ok || err != nil || at < 0 {
		return c, wrong(`--change %q does not begin with a step: write "12: guidance=3"`, text)
	}
	c.At = at
	for _, part := range parts(rest) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return c, wrong(`--change %q: %q has no value: write "%d: guidance=3"`, text, part, at)
		}
		if err := setChange(&c, strings.ToLower(strings.TrimSpace(key)), unquoted(strings.TrimSpace(value))); err != nil {
			return c, wrong("--change %q: %s: %v", text, strings.TrimSpace(key), err)
		}
	}
	if c.Change.Empty() && c.Mask == nil && len(c.Strokes)+len(c.Grafts) == 0 {
		return c, wrong(`--change %q changes nothing: write "%d: guidance=3"`, text, at)
	}
	if err := c.Change.Check(); err != nil {
		return c, wrong("--change %q: %v", text, err)
	}
	return c, nil
}

// parts splits at every semicolon outside double quotes.
func parts(s string) []string {
	quoted := false
	all := strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ';' && !quoted
	})
	out := all[:0]
	for _, part := range all {
		if strings.TrimSpace(part) != "" {
			out = append(out, part)
		}
	}
	return out
}

func unquoted(s string) string {
	if n := len(s); n > 1 && s[0] == '"' && s[n-1] == '"' {
		return s[1 : n-1]
	}
	return s
}

func setChange(c *recipe.Change, key, value string) (err error) {
	number := func(to **float32) error {
		v, err := readReal(value)
		*to = &v
		return err
	}
	switch key {
	case "prompt":
		c.Prompt = &value
	case "negative":
		c.Negative = &value
	case "sampler":
		c.Sampler = &value
		return engine.KnownNames(value, "")
	case "guidance":
		return number(&c.Guidance)
	case "rescale":
		return number(&c.Rescale)
	case "image-guidance":
		return number(&c.ImageGuidance)
	case "true-guidance":
		return number(&c.TrueGuidance)
	case "eta":
		return number(&c.Eta)
	case "eta-ancestral":
		return number(&c.EtaAncestral)
	case "keep":
		return number(&c.Keep)
	case "curve", "interval":
		v, ok := numbers(value)
		if !ok {
			return errors.New("it is numbers with commas between")
		}
		if c.Curve = v; key == "interval" {
			c.Curve, c.Interval = nil, v
		}
	case "control":
		net, weight, ok := strings.Cut(value, ":")
		n, err := strconv.Atoi(net)
		if !ok {
			n, weight, err = 1, value, nil
		}
		w, err2 := readReal(weight)
		if err != nil || err2 != nil || n < 1 {
			return errors.New("it is NET:WEIGHT, such as 1:0.5")
		}
		c.Control = append(c.Control, engine.ControlWeight{Net: n - 1, Weight: w})
	case "lora":
		return errors.New("LoRAs are merged into the weights before a run; go on with others by --from-step N --lora FILE:WEIGHT")
	default:
		return setPainted(c, key, value)
	}
	return nil
}

// setPainted sets the values that are read from pictures: strokes, grafts, masks.
func setPainted(c *recipe.Change, key, value string) error {
	switch key {
	case "mask":
		m, err := greyFile(value)
		c.Mask = m
		return err
	case "stroke":
		img, err := pixel.Load(value)
		if err != nil {
			return err
		}
		var one recipe.Recipe
		if err := one.SetChanges([]engine.Change{{Strokes: []engine.Stroke{{Picture: pixel.Packed(img), Strength: 1}}}}, true, nil); err != nil {
			return err
		}
		c.Strokes = append(c.Strokes, one.Changes[0].Strokes...)
	case "graft":
		found, err := readRecipe(value)
		if err != nil {
			return err
		}
		c.Grafts = append(c.Grafts, recipe.Graft{Parent: &found.Recipe, Strength: 1})
		if h := found.Recipe.Hashes; c.At < len(h) {
			c.Grafts[len(c.Grafts)-1].X = h[c.At]
		}
	case "stroke-strength", "graft-strength", "graft-mask":
		return setLast(c, key, value)
	default:
		return errors.New("there is no such key; nirvana generate --help lists them")
	}
	return nil
}

// setLast sets a value of the last stroke or graft.
func setLast(c *recipe.Change, key, value string) error {
	s, g := len(c.Strokes), len(c.Grafts)
	if key == "stroke-strength" && s == 0 || key != "stroke-strength" && g == 0 {
		return errors.New("it must follow the stroke or graft that it belongs to")
	}
	if key == "graft-mask" {
		m, err := greyFile(value)
		if err == nil {
			c.Grafts[g-1].Mask = *m
		}
		return err
	}
	v, err := readReal(value)
	if err == nil && !(v >= 0 && v <= 1) {
		err = errors.New("it is 0 to 1")
	}
	if key == "stroke-strength" {
		c.Strokes[s-1].Strength = v
	} else {
		c.Grafts[g-1].Strength = v
	}
	return err
}

func greyFile(path string) (*recipe.Pixels, error) {
	img, err := pixel.Load(path)
	if err != nil {
		return nil, err
	}
	return recipe.GreyPixels(pixel.MaskOf(img))
}
