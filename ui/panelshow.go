package ui

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
)

// refresh shows what has changed.
func (p *panel) refresh(c app.Change) {
	p.setting = true
	defer func() { p.setting = false }()
	s, t := p.w.studio, p.w.studio.Settings
	if c&app.ChangedSettings != 0 {
		p.showSettings(t)
	}
	p.layers.refresh(c)
	if c&(app.ChangedModel|app.ChangedSettings) != 0 {
		p.control.show(s)
		p.references.show(s)
		p.kinds.show(s.Facts, t)
		p.draft.show(s)
		p.search.show(s)
		p.regions.refresh(s)
		p.showModel()
	}
	if c&(app.ChangedSettings|app.ChangedModel|app.ChangedFrame|app.ChangedMask|app.ChangedPicture|app.ChangedRun|app.ChangedTray) != 0 {
		f := s.Document.Frame
		shown, _ := p.w.studio.Shown()
		able(p.colour.from, shown != nil)
		p.generate.SetText(verbFor(s.Mode()) + "   " + sizeText(f.Size()))
		p.plan.SetText(planText(s))
		visible(p.strength.box, s.Mode() != app.TextToImage && !s.Facts.Instruct) // it always starts from noise
	}
	if c&(app.ChangedRun|app.ChangedStep) != 0 {
		p.showLive()
		p.showRun()
	}
}

func (p *panel) showSettings(t app.Settings) {
	for _, e := range []struct {
		entry *entry
		text  string
	}{{p.prompt, t.Prompt}, {p.negative, t.Negative}} {
		if e.entry.Text != e.text {
			e.entry.SetText(e.text)
		}
	}
	if t.Negative != "" && !p.negative.Visible() {
		p.negativeFold.Open(true)
	}
	p.showTokens(t.Prompt)
	if t.CFGPlusPlus {
		p.guidance.bound(0, 1, 0.05, 2)
	} else {
		p.guidance.bound(1, 15, 0.1, 1)
	}
	p.guidance.Set(float64(t.Guidance))
	p.steps.Set(float64(t.Steps))
	p.strength.Set(float64(t.Strength))
	p.rescale.Set(float64(t.GuidanceRescale))
	p.eta.Set(float64(t.Eta))
	p.curves.show(t)
	p.plusPlus.SetChecked(t.CFGPlusPlus)
	p.perpNeg.Set(float64(t.PerpNeg))
	p.churn.Set(float64(t.Churn))
	p.seamless.show(t.Tiling)
	p.styles.SetText(stylesLabel(t))
	choose(p.sampler, t.Sampler, say(ownSampler))
	choose(p.schedule, t.Schedule, say(ownSchedule))
	p.seed.show(strconv.FormatUint(t.Seed, 10))
	if t.Locked {
		p.lock.SetIcon(icon("lock"))
	} else {
		p.lock.SetIcon(icon("lock-open"))
	}
	p.lock.pressed(t.Locked)
	p.count.set(strconv.Itoa(t.Count))
	p.width.show(strconv.Itoa(t.Width))
	p.height.show(strconv.Itoa(t.Height))
	p.colour.show(t)
	p.mask.show(t, p.w.studio.Facts, p.w.hideMask)
}

// choose selects a name, or the text for none.
func choose(s *selector, name, none string) {
	if name == "" {
		name = none
	}
	if name != "" && !slices.Contains(s.Options, name) { // a name of another program or version: it is set, so it is shown
		s.SetOptions(append(slices.Clone(s.Options), name))
	}
	if s.Selected != name {
		s.SetSelected(name)
	}
}

func (p *panel) chooseModel(label string) {
	if i := slices.Index(p.w.modelLabels(), label); i >= 0 && !p.setting {
		p.w.studio.Open(p.w.studio.Models[i].Dir)
	}
}

func (p *panel) showModel() {
	s, labels := p.w.studio, p.w.modelLabels()
	p.vae.show(s)
	p.encoders.show(s)
	label := s.Settings.Model
	chosen, ok := s.Chosen()
	if i := slices.IndexFunc(s.Models, func(m app.ModelInfo) bool { return m.Dir == chosen.Dir }); ok && i >= 0 {
		label = labels[i]
	} else if label != "" { // it is not there, but it is what is set
		labels = append(slices.Clone(labels), label)
	}
	p.model.Options = labels
	if p.model.Selected != label {
		p.model.SetSelected(label)
	}
	p.device.Text = sayf("Device: %s", orDash(s.Device))
	if s.Opening != "" {
		p.device.Text = sayf("Opening %s ...", s.Opening)
	}
	p.device.Color = theme.Color(theme.ColorNamePlaceHolder)
	p.device.Refresh()
	visible(p.textRows, s.Facts.Text || s.Facts.Name == "")
	visible(p.negativeFold.box, s.Facts.Negative || s.Facts.Name == "" || s.Facts.TrueGuided && s.Settings.TrueGuidance > 1)
	visible(p.classRow, len(s.Facts.Classes) > 0)
	own := !s.Scene().Drafts()
	visible(p.guidanceRow, own && (s.Facts.Guided || s.Facts.DistilledGuidance || s.Facts.Name == ""))
	visible(p.steps.box, own)
	visible(p.ownSteps, own)
	if len(s.Facts.Classes) > 0 {
		p.class.SetOptions(distinct(s.Facts.Classes))
		p.class.SetSelectedIndex(min(s.Settings.Class, len(s.Facts.Classes)-1))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (p *panel) showRun() {
	r := p.w.studio.Run()
	on := r.Active() || p.w.studio.Asked > 0
	visible(p.generate, !on)
	visible(p.stop, on)
	visible(p.queue, on)
	visible(p.steer, r.Active())
	visible(p.resume, p.w.studio.CanResume() && !on)
	if !on {
		p.progress.set(0)
		return
	}
	text, done := say("Stop"), 0.0
	if r.Active() {
		done = r.Progress()
		if n := len(r.Steps); n > 0 {
			at, of := r.Told(r.Steps[n-1])
			text = sayf("Stop   %d of %d", at, of)
		}
		if r.Stopping {
			text = say("Stopping ...")
		}
	}
	p.stop.SetText(text)
	able(p.stop, !(r.Active() && r.Stopping))
	p.progress.set(done)
}
