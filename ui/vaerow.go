package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"nirvana/app"
)

// partChoice is a list of files that go with the model, under what is used where none of them is.
type partChoice struct {
	*finder
	none    string                // what stands for no file
	label   func(app.Part) string // how a file is named; nil: by its name
	parts   []app.Part
	setting bool
}

func (w *Window) partChoice(none string, chosen func(app.Part)) *partChoice {
	c := &partChoice{none: none}
	c.finder = w.finder(nil)
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); !c.setting && i >= 0 {
			chosen(c.parts[i])
		}
	}
	return c
}

// show lists parts, those without a path first, and chooses one: by its path, or its name where it has none, or else the first. A
// file that is not among them is shown all the same.
func (c *partChoice) show(all []app.Part, chosen app.Part) {
	c.setting = true
	defer func() { c.setting = false }()
	at := slices.IndexFunc(all, func(p app.Part) bool { return p.Path == chosen.Path && (p.Path != "" || p.Name == chosen.Name) })
	if at < 0 && chosen.Path != "" {
		all = append(all[:len(all):len(all)], chosen)
		at = len(all) - 1
	}
	if !slices.Equal(all, c.parts) {
		c.parts = all
		names := make([]string, len(all))
		for i, p := range all {
			switch names[i] = p.Name; {
			case p == (app.Part{}):
				names[i] = say(c.none)
			case c.label != nil:
				names[i] = c.label(p)
			}
		}
		c.SetOptions(distinct(names))
	}
	if at = max(at, 0); c.SelectedIndex() != at && len(all) > 0 {
		c.SetSelectedIndex(at)
	}
}

// partName is how lists name a file: without its ending.
func partName(path string) string {
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// vaeRow chooses the VAE that the model is opened with, where there are some beside its own.
type vaeRow struct {
	box *fyne.Container
	vae *partChoice
}

const ownVAE = "From the model"

func newVAERow(p *panel) *vaeRow {
	r := &vaeRow{}
	r.vae = p.w.partChoice(ownVAE, func(part app.Part) { p.w.studio.SetVAE(part.Path) })
	r.box = p.column.row("VAE", r.vae.finder, nil)
	return r
}

func (r *vaeRow) show(s *app.Studio) {
	visible(r.box, len(s.Parts.VAEs) > 0 || s.Settings.VAE != "")
	r.vae.show(append([]app.Part{{}}, s.Parts.VAEs...), app.Part{Name: partName(s.Settings.VAE), Path: s.Settings.VAE})
}
