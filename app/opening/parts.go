package opening

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/engine/fault"
)

// with is a model with the files that the settings name, or remember, for it.
func (m *Model) with(info library.Model) library.Model {
	t := m.in.Panel.Settings
	if t.ModelDir != "" && t.ModelDir != info.Dir {
		t.UseModel(info.Name, info.Dir)
	}
	info.With = t.With()
	return info
}

// SetVAE opens the chosen model with a VAE's file instead of its own; "": its own. A file that does not fit is
// reported and not used.
func (m *Model) SetVAE(path string) {
	m.fitting("This VAE cannot be used", func(t *settings.Settings) { t.VAE = path })
}

// SetTextEncoder opens the chosen model with a file instead of its text encoder of a name, one of
// listing.EncoderNames; "": its own. A file that does not fit is reported and not used.
func (m *Model) SetTextEncoder(name, path string) {
	m.fitting("This text encoder cannot be used", func(t *settings.Settings) { t.TextEncoders.Put(name, path) })
}

// SetControlNet chooses the k-th ControlNet of the settings, counted from 0: a file, or without a path one of the
// model's own by name. A file that does not fit is reported and not used.
func (m *Model) SetControlNet(k int, p library.Part) {
	m.fitting("This ControlNet cannot be used", func(t *settings.Settings) {
		if all := t.Controls(); k < len(all) {
			all[k].Net, all[k].NetFile = p.Name, p.Path
			t.SetControls(all)
		}
	})
}

// UseControlNet uses a file as a ControlNet: in place of one that is off, or in addition. Its source is the picture's
// edges until another is chosen.
func (m *Model) UseControlNet(p library.Part) {
	m.fitting("This ControlNet cannot be used", func(t *settings.Settings) {
		all := t.Controls()
		k := slices.IndexFunc(all, func(c settings.Control) bool { return c.Source == "" || c.NetFile == p.Path })
		if k < 0 {
			if k = len(all); k == settings.MaxControls {
				k--
			} else {
				all = append(all, settings.Default().Control)
			}
		}
		if all[k].Net, all[k].NetFile = p.Name, p.Path; all[k].Source == "" {
			all[k].Source = "edges"
		}
		t.SetControls(all)
	})
}

// fitting changes the files that the model is opened with, after checking in the background that they fit.
func (m *Model) fitting(failed string, change func(*settings.Settings)) {
	next := m.in.Panel.Settings
	change(&next)
	set := func() {
		m.in.Panel.Part() // each file is a step of undo
		m.in.Panel.Set(change)
	}
	info, ok := m.Chosen()
	before := info.With
	info.With = next.With()
	fits := m.in.Fits
	if fits == nil || !ok || info.With == (library.With{}) || info.With == before {
		set()
		return
	}
	m.in.Door.Beside(func() func() {
		err := fits(info)
		return func() {
			if now, _ := m.Chosen(); now.Dir != info.Dir {
				return
			}
			if err != nil {
				m.in.Strip.Fail(failed, err, "", nil)
				return
			}
			set()
		}
	})
}

// UsePartsAtOnce sets the files that a recipe names, if the installed files are known already.
func (m *Model) UsePartsAtOnce(t *settings.Settings, r recipe.Recipe) {
	l := m.in.Library
	if info, ok := m.Find(t.Model); ok && info.Dir == l.PartsOf && !l.Finding() {
		t.UseParts(r, l.Parts, m.Facts.ControlNames)
	}
}

// UseParts sets the files that a recipe names once the installed files are known, and reports missing ones.
func (m *Model) UseParts(r recipe.Recipe) {
	if m.naming = nil; len(r.VAE)+len(r.TextEncoders)+len(r.Controls) > 0 {
		m.naming = &r
		m.in.Library.FindParts(m.in.Library.PartsOf)
	}
}

// FoundParts is called when the files that fit a model have been searched.
func (m *Model) FoundParts(dir string) {
	r := m.naming
	if info, _ := m.Chosen(); r == nil || info.Dir != dir {
		return
	}
	m.naming = nil
	var lacks []string
	m.in.Panel.Set(func(t *settings.Settings) { lacks = t.UseParts(*r, m.in.Library.Parts, m.Facts.ControlNames) })
	if len(lacks) > 0 {
		m.in.Strip.Tell(&notice.Notice{Headline: fmt.Sprintf(m.say("%s is not here, which this picture was made with"), strings.Join(lacks, ", ")),
			Advice: m.say("The model's own is used. Put the file into a folder that is listed under Settings > Model folders, or into the data folder.")})
	}
}

// NotOpened reports that a model could not be opened, and offers to retry, or to open it without additional files.
func (m *Model) NotOpened(info library.Model, err error) {
	if info.With != (library.With{}) {
		m.in.Strip.Fail("The model could not be opened", err, "Open it with its own parts", m.ownParts)
		return
	}
	if info.Lacks != "" && fault.Of(err) == fault.Lacking {
		m.in.Strip.Tell(&notice.Notice{Headline: fmt.Sprintf(m.say("%s is a %s checkpoint"), info.Name, info.Kind),
			Advice: fmt.Sprintf(m.say("It lacks %s: drop the file on the window, or put it into the folder text_encoders or vae beside."), fault.PartsIn(info.Lacks, m.say))})
		return
	}
	m.in.Strip.Fail("The model could not be opened", err, "Try again", func() { m.Open(info.Dir) })
}

func (m *Model) ownParts() {
	m.in.Panel.Set(func(t *settings.Settings) {
		all := t.Controls()
		for i := range all {
			if all[i].NetFile != "" {
				all[i].Net, all[i].NetFile = "", ""
			}
		}
		t.SetControls(all)
		t.VAE, t.TextEncoders = "", library.Encoders{}
	})
	m.Open(m.in.Panel.Settings.Model)
}
