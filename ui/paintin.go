package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
	"nirvana/app/paintin"
	"nirvana/engine"
)

// runPaint is colour that goes into the run under way instead of onto the picture: while it goes on, or is paused. Its bar lies
// over the canvas, and says how strongly.
type runPaint struct {
	w      *Window
	box    *fyne.Container
	ground *canvas.Rectangle
	into   *check
	rule   *number
	sheet  *paintin.Sheet
	run    *app.Run
	step   int // of the run that the sheet lies over
}

func newRunPaint(w *Window) *runPaint {
	p := &runPaint{w: w, ground: canvas.NewRectangle(nil)}
	p.into = w.checkBox(say("Colour goes into the run"), nil)
	p.into.OnChanged = func(on bool) { w.studio.Set(func(t *app.Settings) { t.Paint.Beside = !on }) }
	usual := app.DefaultSettings()
	p.rule = (&column{w: w}).number("Hint to rule", "", 0.05, 1, 0.05, 2, func() float64 { return float64(usual.Paint.Rule) }, func(v float64) {
		w.studio.Set(func(t *app.Settings) { t.Paint.Rule = float32(v) })
	})
	p.box = container.NewStack(p.ground, container.New(&insetLayout{left: 8, right: 8, top: 2, bottom: 2}, container.NewBorder(nil, nil, p.into, nil, p.rule.box)))
	return p
}

// possible says whether colour can go into the run that is shown.
func (p *runPaint) possible() bool {
	s := p.w.studio
	r := s.Run()
	return s.Settings.Paint.Colours() && r.Active() && s.Path() == r && r.Following() && r.State == app.Running && !r.Replaces() && s.Facts.CanEncode && s.Noised == nil && !p.w.showTable()
}

// on says whether it does.
func (p *runPaint) on() bool { return p.possible() && !p.w.studio.Settings.Paint.Beside }

func (p *runPaint) refresh(app.Change) {
	visible(p.box, p.possible())
	t := p.w.studio.Settings.Paint
	p.into.SetChecked(!t.Beside)
	p.rule.Set(float64(t.Rule))
	if c := theme.Color(theme.ColorNameBackground); p.ground.FillColor != c {
		p.ground.FillColor = c
		p.ground.Refresh()
	}
}

// ready has a sheet over the step that is shown; false where colour does not go into the run.
func (p *runPaint) ready() bool {
	if !p.on() {
		return false
	}
	if p.over() == nil {
		r := p.w.studio.Run()
		step, _, ok := r.Shown()
		if !ok {
			return false
		}
		p.sheet, p.run, p.step = paintin.Over(p.w.picture(step), r.Frame), r, step.Index
	}
	return true
}

// over is the sheet, while the run has not come further, or is being painted on; nil: none.
func (p *runPaint) over() *paintin.Sheet {
	if p.sheet == nil || p.w.studio.Run() != p.run {
		return nil
	}
	if step, _, ok := p.run.Shown(); !p.sheet.Wet() && (!ok || step.Index != p.step || !p.run.Active()) {
		p.sheet = nil
	}
	return p.sheet
}

// wet says whether a stroke is under way.
func (p *runPaint) wet() bool { return p.sheet != nil && p.sheet.Wet() }

// begin starts a stroke; false where colour does not go into the run.
func (p *runPaint) begin(x, y float32, erase bool) (image.Rectangle, bool) {
	if erase || !p.ready() {
		return image.Rectangle{}, false
	}
	r := p.sheet.Begin(p.w.studio.Document.Limited(p.w.ink(false)), p.w.pen(), x, y)
	p.w.showCanvas(app.ChangedStep)
	return r, true
}

// cover lays a shape down; false where colour does not go into the run.
func (p *runPaint) cover(r image.Rectangle, make func(bounds image.Rectangle) *image.Gray) bool {
	if !p.ready() {
		return false
	}
	if r = r.Intersect(p.run.Frame); !r.Empty() {
		p.sheet.Cover(p.w.studio.Document.Limited(p.w.ink(false)), make(r))
		p.end()
	}
	return true
}

// end gives what was painted to the run.
func (p *runPaint) end() {
	if img := p.sheet.Take(); img != nil {
		s := p.w.studio
		s.Set(func(t *app.Settings) { t.Paint.Used() })
		s.Steer(engine.Change{Strokes: []engine.Stroke{{Picture: img, Strength: s.Settings.Paint.Rule}}})
	}
	p.w.observe(app.ChangedStep)
}
