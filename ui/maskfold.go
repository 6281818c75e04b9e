package ui

import (
	"image/color"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"nirvana/app"
	"nirvana/engine"
)

// maskFold has the actions on the mask, and the settings of masked runs.
type maskFold struct {
	fold    *fold
	content *selector
	hold    *check
	only    *check
	soft    *check
	match   *check
	feather *number
	keep    *number
	opacity *number
	edge    *number // px of grow, shrink and feather
	by      int
	colors  *swatches
	eye     *tipButton
	hidden  bool
}

var contents = []string{"original", "fill", "noise", "nothing"}

func newMaskFold(p *panel) *maskFold {
	m, d, t := &maskFold{}, p.w.studio.Document, p.w.tips
	m.eye = t.button("eye", "Show or hide the mask (M)", p.w.toggleMask)
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(1),
		m.eye,
		t.button("invert", "Invert the mask (Ctrl+I)", d.Invert),
		t.button("fill", "Mask everything", d.Fill),
		t.button("trash", "Clear the mask", d.Clear),
		t.button("image", "Mask the transparent parts", d.FromAlpha),
		t.button("import", "Load a mask", p.w.loadMask),
		t.button("save", "Save the mask", p.w.saveMask))
	m.content = p.w.selector(nil, nil)
	m.content.Options = allSaid(contents)
	m.content.OnChanged = func(string) { p.set(func(t *app.Settings) { t.Content = contents[max(m.content.SelectedIndex(), 0)] }) }
	m.hold = p.w.checkBox(say("Keep the mask after a result is kept"), func(on bool) { p.set(func(t *app.Settings) { t.HoldMask = on }) })
	m.only = p.w.checkBox(say("Work on a close-up of the mask"), func(on bool) { p.set(func(t *app.Settings) { t.OnlyMasked = on }) })
	m.soft = p.w.checkBox(say("Blend soft edges gradually"), func(on bool) { p.set(func(t *app.Settings) { t.SoftMask = on }) })
	m.match = p.w.checkBox(say("Match colours to the surroundings"), func(on bool) { p.set(func(t *app.Settings) { t.Match = on }) })
	m.by = 8
	m.edge = p.column.number("Edge", "px", 1, 64, 1, 0, func() float64 { return 8 }, func(v float64) {
		m.by = min(max(int(v), 1), 256)
		m.edge.Set(float64(m.by))
	})
	m.edge.Set(8)
	edges := container.New(layout.NewGridLayout(3),
		t.text(say("Grow"), "Move the mask's edge outwards by so many pixels", func() { d.Grow(m.by) }),
		t.text(say("Shrink"), "Move the mask's edge inwards by so many pixels", func() { d.Shrink(m.by) }),
		t.text(say("Feather"), "Soften the mask's edge over so many pixels on each side", func() { d.Feather(m.by) }))
	m.colors = p.w.swatches(maskColors, func(c color.NRGBA) { p.set(func(t *app.Settings) { t.MaskColor = c }) })
	colors := p.column.row("Colour", m.colors.box, nil)
	m.feather = p.column.number("Blend", "px", 0, 64, 1, 0, func() float64 { return 8 }, func(v float64) { p.set(func(t *app.Settings) { t.Feather = int(v) }) })
	m.keep = p.column.number("Keep outside", "", 0, 1, 0.05, 2, func() float64 { return 1 }, func(v float64) {
		keep := float32(v)
		p.set(func(t *app.Settings) { t.Keep = keep })
		if r := p.w.studio.Run(); r.Active() && r.Keeps() && !p.w.studio.Facts.Inpaint {
			p.w.studio.Steer(engine.Change{Keep: &keep}) // it applies to the run under way too
		}
	})
	m.opacity = p.column.number("Overlay", "", 0.1, 1, 0.05, 2, func() float64 { return 0.45 }, func(v float64) { p.set(func(t *app.Settings) { t.MaskOpacity = float32(v) }) })
	under := p.column.row("Starts from", m.content, nil)
	m.fold = p.w.fold("Mask", false, spaced(buttons, m.edge.box, edges, colors, m.opacity.box, line(), under, m.feather.box, m.keep.box, m.hold, m.only, m.soft, m.match))
	return m
}

func (m *maskFold) show(t app.Settings, facts engine.Facts, hidden bool) {
	if hidden != m.hidden {
		m.hidden = hidden
		m.eye.SetIcon(icon(map[bool]string{true: "eye-off", false: "eye"}[hidden]))
	}
	choose(m.content, say(t.Content), say(contents[0]))
	m.hold.SetChecked(t.HoldMask)
	m.only.SetChecked(t.OnlyMasked)
	m.soft.SetChecked(t.SoftMask)
	m.match.SetChecked(t.Match)
	m.feather.Set(float64(t.Feather))
	m.keep.Set(float64(t.Keep))
	visible(m.keep.box, !facts.Inpaint) // a network that sees the mask keeps the rest by itself
	m.opacity.Set(float64(t.MaskOpacity))
	m.colors.set(t.MaskColor)
}
