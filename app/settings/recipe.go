package settings

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// Use applies everything in a recipe that the settings have fields for, and locks the seed. find returns the model
// with a name, f are the open model's facts.
func (t *Settings) Use(r recipe.Recipe, f engine.Facts, find func(string) (library.Model, bool)) {
	if m, ok := find(r.Model); ok && r.Model != "" && m.Name != t.Model {
		t.UseModel(m.Name, m.Dir)
	}
	t.VAE, t.TextEncoders = "", library.Encoders{} // found by their names
	q, err := r.Request(f)
	if err != nil { // invalid scheduler settings, which have no control
		q.Scheduler = nil
	}
	if r.Steps > 0 {
		q.Steps = r.Steps
	}
	t.Take(q)
	t.Prompt, t.Locked, t.BestOf = called(r), true, 1 // the best seed is already known
	if r.MaskHash != "" {
		t.SoftMask, t.Match = r.Soft, r.Match
		if r.Feather > 0 {
			t.Feather = r.Feather
		}
	}
	if t.Keep = 1; len(r.Changes) > 0 && r.Changes[0].At == 0 && r.Changes[0].Keep != nil {
		t.Keep = *r.Changes[0].Keep
	}
	t.Refiner = ""
	if m, ok := find(r.Refiner); ok && r.Refiner != "" {
		t.Refiner, t.RefinerAt = m.Dir, r.RefinerAt
	}
	t.UseControls(r.Controls)
	if len(q.ClassLabels) > 0 {
		t.Class = q.ClassLabels[0]
	}
}

// UseParts sets the files that a recipe names, if they are installed: a VAE, text encoders and ControlNets. lacks are the names of
// those that are not; own are the names of the model's own ControlNets.
func (t *Settings) UseParts(r recipe.Recipe, here library.Parts, own []string) (lacks []string) {
	for _, name := range r.VAE {
		if t.VAE = library.Named(here.VAEs, recipe.Base(name)); t.VAE == "" {
			lacks = append(lacks, name)
		}
	}
	for _, name := range r.TextEncoders {
		i := slices.IndexFunc(here.TextEncoders, func(p library.Part) bool { return p.Called(recipe.Base(name)) })
		if i < 0 {
			lacks = append(lacks, name)
			continue
		}
		t.TextEncoders.Put(here.TextEncoders[i].Encoder, here.TextEncoders[i].Path)
	}
	all := t.Controls()
	for i, c := range r.Controls[:min(len(r.Controls), len(all))] {
		if c.Net == "" || all[i].NetFile != "" || slices.Contains(own, c.Net) {
			continue
		}
		if all[i].NetFile = library.Named(here.ControlNets, c.Net); all[i].NetFile == "" {
			lacks = append(lacks, c.Net)
		}
	}
	t.SetControls(all)
	return lacks
}

// called is a recipe's prompt with its other LoRAs added in the prompt's syntax.
func called(r recipe.Recipe) string {
	text := r.Prompt
	for _, l := range r.LoRAs {
		name := strings.TrimSuffix(filepath.Base(filepath.ToSlash(l.Name)), ".safetensors")
		if !strings.Contains(text, "<lora:"+name+":") && !strings.Contains(text, "<lora:"+name+">") {
			text += fmt.Sprintf(" <lora:%s:%g>", name, l.Weight)
		}
	}
	return text
}

// TakeBack restores earlier settings, except those that belong to the artist and this machine.
func (t *Settings) TakeBack(before Settings) {
	mine := *t
	*t = before
	t.Belong(mine)
}

// Same reports whether the settings that determine a picture are unchanged.
func (t Settings) Same(before Settings) bool {
	before.Belong(t)
	return reflect.DeepEqual(before, t)
}

// Unset are the parts of a recipe that no setting can hold; `nirvana generate --recipe` uses them.
func Unset(r recipe.Recipe) (lost []string) {
	for what, there := range map[string]bool{"scheduler settings": len(r.Settings) > 0, "variation": r.Variation > 0, "expand": len(r.Expand) > 0, "embeddings": len(r.Embeddings) > 0, "regions": len(r.Regions) > 0} {
		if there {
			lost = append(lost, what)
		}
	}
	slices.Sort(lost)
	return lost
}
