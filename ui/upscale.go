package ui

import (
	"fmt"
	"image"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine"
)

// upscaleDialog asks with which upscaler the shown picture is enlarged, and by how much.
type upscaleDialog struct {
	w                *Window
	net              *partChoice
	with             app.Part // that the dialog was opened for; without a path: none
	factor, strength *number
	refine           *check
	rows, none       *fyne.Container
	says             *widget.Label
	start            *tipButton
	close            func()
}

// showUpscale opens the dialog; with is the upscaler to choose, without a path the one of last time.
func (w *Window) showUpscale(with app.Part) {
	u := &upscaleDialog{w: w, with: with, says: widget.NewLabel("")}
	u.says.Wrapping = fyne.TextWrapWord
	if with.Path != "" {
		w.studio.Set(func(t *app.Settings) { t.Upscale.File = with.Path })
	}
	c, usual := &column{w: w}, app.DefaultSettings().Upscale
	u.net = w.partChoice("None", func(p app.Part) { u.set(func(t *app.Upscale) { t.File = p.Path }) })
	u.net.label = upscalerLabel
	u.factor = c.number("Factor", "x", 1, app.MostUpscale, 0.5, 1, func() float64 { return float64(usual.Factor) }, func(v float64) { u.set(func(t *app.Upscale) { t.Factor = float32(v) }) })
	u.refine = w.checkBox(say("Denoise it afterwards, with the prompt"), func(on bool) { u.set(func(t *app.Upscale) { t.Refines = on }) })
	u.strength = c.number("Strength", "", 0.05, 0.6, 0.05, 2, func() float64 { return float64(usual.Refine) }, func(v float64) { u.set(func(t *app.Upscale) { t.Refine = float32(v) }) })
	u.rows = container.NewVBox(c.row("Upscaler", u.net.finder, nil), u.factor.box, c.under(u.refine), u.strength.box)
	none := widget.NewLabel(sayf("There is no upscaler in the model folders yet. Drop one of ESRGAN's kind on the window (.safetensors or .onnx), or put it into %s", filepath.Join(w.options.Home, "upscalers")))
	none.Wrapping = fyne.TextWrapWord
	u.none = container.NewVBox(none)
	u.start = w.tips.action(say("Enlarge"), "The result is beside the others in the tray", u.begin)
	u.start.Importance = widget.HighImportance
	d := w.custom(say("Upscale with a model"), container.NewVBox(u.rows, u.none, u.says, container.NewHBox(layout.NewSpacer(), u.start)))
	u.close = d.Hide
	w.upscale = u
	d.SetOnClosed(func() { w.upscale = nil })
	u.show()
	w.show(d)
	d.Resize(fyne.NewSize(min(w.win.Canvas().Size().Width-80, 560), d.MinSize().Height))
	w.studio.FindParts(w.studio.PartsOf) // files that were put there since
}

// upscalerLabel is how the list names an upscaler: with its factor and size, as far as they are known.
func upscalerLabel(p app.Part) string {
	text := p.Name
	if p.Scale > 0 {
		text += fmt.Sprintf("  ·  %dx", p.Scale)
	}
	if p.Bytes > 0 {
		text += "  ·  " + bytesText(p.Bytes)
	}
	return text
}

// set changes the settings, unless the dialog is being refreshed.
func (u *upscaleDialog) set(change func(*app.Upscale)) {
	if !u.net.setting {
		u.w.studio.Set(func(t *app.Settings) { change(&t.Upscale) })
		u.show()
	}
}

// show brings the dialog in line with the settings and the upscalers that are there.
func (u *upscaleDialog) show() {
	s := u.w.studio
	t := s.Settings.Upscale
	chosen := app.Part{Name: partName(t.File), Path: t.File}
	if u.with.Path == t.File {
		chosen = u.with
	}
	u.net.show(s.Parts.Upscalers, chosen)
	u.net.setting = true
	u.factor.Set(float64(t.Factor))
	u.refine.SetChecked(t.Refines)
	u.strength.Set(float64(t.Refine))
	u.net.setting = false
	there := len(u.net.parts) > 0
	visible(u.rows, there)
	visible(u.none, !there)
	visible(u.strength.box, t.Refines)
	text, fits := u.sizes(t.Factor)
	visible(u.says, there)
	u.says.SetText(text)
	able(u.start, there && fits)
}

// sizes tells the size before and after, and whether that can be made.
func (u *upscaleDialog) sizes(factor float32) (text string, fits bool) {
	img, _ := u.w.studio.Shown()
	if img == nil {
		return say("There is nothing to enlarge yet"), false
	}
	was, is := img.Rect.Size(), engine.UpscaledSize(img.Rect.Size(), float64(factor))
	if max(is.X, is.Y) > app.MostEnlarged {
		return say("Sides of at most 8192 px can be made: crop it first."), false
	}
	return sayf("%s px become %s px.", sizeText(was), sizeText(is)), true
}

// begin queues the run.
func (u *upscaleDialog) begin() {
	u.w.commitField()
	t := u.w.studio.Settings.Upscale
	i := u.net.SelectedIndex()
	if i < 0 || i >= len(u.net.parts) {
		return
	}
	by := app.Enlarge{File: u.net.parts[i].Path, Factor: t.Factor}
	if t.Refines {
		by.Refine = t.Refine
	}
	u.w.studio.Set(func(s *app.Settings) { s.Upscale.File = by.File })
	if u.w.studio.UpscaleWith(by) {
		u.close()
	}
}

// enlarging is what the canvas shows of a picture that is being enlarged, and where; nil: none is.
func (w *Window) enlarging() (*image.RGBA, image.Rectangle) {
	s := w.studio
	r := s.Run()
	if !r.Active() || r.Preview == nil || r.Document != s.Document.Serial || s.Tray.Held {
		return nil, image.Rectangle{}
	}
	if p := s.Document.Picture; p != nil {
		return r.Preview, p.Rect
	}
	if c := s.Tray.Current(); c != nil {
		return r.Preview, c.Frame
	}
	return nil, image.Rectangle{}
}
