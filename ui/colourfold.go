package ui

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"nirvana/app"
	"nirvana/engine/pixel/paint"
)

// colourFold holds the colour that the tools paint with, and how they paint.
type colourFold struct {
	p               *panel
	fold            *fold
	wheel           *wheel
	wells           *wells
	hex             *numberEntry
	from            *tipButton
	recent, palette *fyne.Container
	seen            []color.NRGBA // the row of recent ones
	within, outline *check
	radial, fade    *check
	one             *check
	text            *number
}

const paletteColors = 10

func newColourFold(p *panel) *colourFold {
	c := &colourFold{p: p, recent: swatchRow(), palette: swatchRow()}
	c.wheel = newWheel(p.w.setFront)
	c.wells = newWells(p.w)
	c.hex = p.w.numberEntry(func(text string) bool {
		v, ok := readColor(text)
		if ok {
			p.w.setFront(v)
		}
		return ok
	})
	set := func(change func(*app.Settings, bool)) func(bool) {
		return func(on bool) { p.set(func(t *app.Settings) { change(t, on) }) }
	}
	c.within = p.w.checkBox(say("Only where the mask is"), set(func(t *app.Settings, on bool) { t.Paint.Within = on }))
	c.outline = p.w.checkBox(say("Shapes as outlines"), set(func(t *app.Settings, on bool) { t.Paint.Outline = on }))
	c.radial = p.w.checkBox(say("Radial gradients"), set(func(t *app.Settings, on bool) { t.Paint.Radial = on }))
	c.fade = p.w.checkBox(say("Gradients fade out"), set(func(t *app.Settings, on bool) { t.Paint.Fade = on }))
	c.one = p.w.checkBox(say("Fill by the selected layer only"), set(func(t *app.Settings, on bool) { t.Paint.OneLayer = on }))
	c.text = p.column.number("Text size", "px", 4, 256, 1, 0, func() float64 { return 64 }, func(v float64) { p.set(func(t *app.Settings) { t.Paint.TextSize = int(v) }) })
	hex := container.NewHBox(c.wells, container.NewCenter(fixed(96, c.hex)), p.w.tips.button("swap", "Swap the two colours (X)", func() { p.set(func(t *app.Settings) { t.Paint.Swap() }) }))
	c.from = p.w.tips.action(say("From the picture"), "Show the colours that the picture is made of", c.fromPicture)
	c.fold = p.w.fold("Colour", false, spaced(container.NewHBox(c.wheel), hex, c.recent, container.NewHBox(c.from), c.palette, c.within, c.outline, c.radial, c.fade, c.one, c.text.box))
	return c
}

func swatchRow() *fyne.Container { return container.New(layout.NewCustomPaddedHBoxLayout(3)) }

// fill makes a row of colours to choose from.
func (c *colourFold) fill(row *fyne.Container, colors []color.NRGBA) {
	row.Objects = c.p.w.swatches(colors, c.p.w.setFront).box.Objects
	row.Refresh()
}

func (c *colourFold) fromPicture() {
	if img, _ := c.p.w.studio.Shown(); img != nil {
		c.fill(c.palette, paint.Palette(img, paletteColors))
	}
}

func (c *colourFold) show(t app.Settings) {
	p := t.Paint
	c.wheel.set(p.Front)
	c.wells.show(p)
	c.hex.show(hexOf(p.Front))
	if !slices.Equal(c.seen, p.Recent) {
		c.seen = slices.Clone(p.Recent)
		c.fill(c.recent, p.Recent[:min(len(p.Recent), paletteColors)])
	}
	c.within.SetChecked(p.Within)
	c.outline.SetChecked(p.Outline)
	c.radial.SetChecked(p.Radial)
	c.fade.SetChecked(p.Fade)
	c.one.SetChecked(p.OneLayer)
	c.text.Set(float64(p.TextSize))
}

func hexOf(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// readColor parses a colour of three or six hexadecimal digits, with or without #; an opacity after them is ignored.
func readColor(text string) (color.NRGBA, bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "#")
	if len(text) == 3 {
		text = string([]byte{text[0], text[0], text[1], text[1], text[2], text[2]})
	}
	if len(text) == 8 {
		text = text[:6]
	}
	v, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) != 6 {
		return color.NRGBA{}, false
	}
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, true
}
