package settings

import (
	"slices"

	"nirvana/app/library"
)

// A project contains no files but its own entries. Paths in it are of the machine that wrote it: one is opened only
// if the artist has chosen the same path here.

// Brought are a project's settings as used here, and the outside files that they name.
func Brought(saved, mine Settings, models []library.Model) (t Settings, dropped []string) {
	saved.Belong(mine)
	dropped = saved.KeepInside(mine, models)
	return saved, dropped
}

// KeepInside removes and returns the paths of a project's settings that are not this artist's.
func (t *Settings) KeepInside(mine Settings, models []library.Model) (dropped []string) {
	known := func(dir string) bool {
		return slices.ContainsFunc(models, func(m library.Model) bool { return m.Dir == dir })
	}
	if !known(t.ModelDir) { // the model is looked up by its name
		t.ModelDir = ""
	}
	if !known(t.Refiner) {
		t.Refiner = ""
	}
	chosen := []string{"", mine.DepthFile, mine.VAE}
	for _, of := range mine.OfModels {
		chosen = append(append(chosen, of.VAE), of.TextEncoders[:]...)
	}
	chosen = append(chosen, mine.TextEncoders[:]...)
	for _, c := range mine.Controls() {
		chosen = append(chosen, c.File, c.NetFile)
	}
	chosen = append(chosen, mine.References...)
	for _, g := range mine.Regions {
		chosen = append(chosen, g.File)
	}
	check := func(file *string) {
		if !slices.Contains(chosen, *file) {
			dropped = append(dropped, *file)
			*file = ""
		}
	}
	check(&t.DepthFile)
	t.References = slices.Clone(t.References)
	for i := range t.References {
		check(&t.References[i])
	}
	t.References = slices.DeleteFunc(t.References, func(file string) bool { return file == "" })
	check(&t.VAE)
	for i := range t.TextEncoders {
		check(&t.TextEncoders[i])
	}
	t.Regions = slices.Clone(t.Regions)
	for i := range t.Regions {
		check(&t.Regions[i].File)
	}
	all := t.Controls()
	for i := range all {
		check(&all[i].File)
		check(&all[i].NetFile)
	}
	t.SetControls(all)
	return dropped
}
