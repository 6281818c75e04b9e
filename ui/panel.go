package ui

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine"
)

// panel is the right side of the window: all parameters of a run.
type panel struct {
	w        *Window
	box      fyne.CanvasObject
	column   *column
	scroll   *container.Scroll
	advanced *fold

	prompt, negative *entry
	tokens           *canvas.Text
	tokensTip        *tipped
	negativeFold     *fold
	generate, stop   *tipButton
	beside           *fyne.Container // the buttons to their right
	queue, resume    *tipButton
	steer            *tipButton // what the panel says into the run under way
	live, take       *tipButton // the live picture
	progress         *thinBar
	plan             *widget.Label
	guidance, steps  *number
	strength         *number
	sampler          *selector
	schedule         *selector
	seed             *numberEntry
	lock             *tipButton
	count            *choice
	width, height    *numberEntry
	class            *finder
	classRow         *fyne.Container
	guidanceRow      *fyne.Container
	textRows         *fyne.Container
	mask             *maskFold
	colour           *colourFold
	layers           *layerFold
	control          *controlFold
	kinds            *kindRows
	rescale, eta     *number
	draft            *draftRows
	search           *searchRows
	seamless         *seamlessRow
	regions          *regionFold
	references       *referenceRow
	styles           *tipButton
	ownSteps         *fyne.Container // what a draft decides by itself
	perpNeg, churn   *number
	curves           *curveFold
	plusPlus         *check
	model            *finder
	vae              *vaeRow
	encoders         *encoderRows
	device           *canvas.Text
	setting          bool
}

const ownSampler, ownSchedule = "Model default", "Automatic"

func newPanel(w *Window) *panel {
	p := &panel{w: w, column: &column{w: w}}
	p.texts()
	p.button()
	p.numbers()
	p.names()
	p.control = newControlFold(p)
	p.kinds = newKindRows(p)
	p.draft = newDraftRows(p)
	p.search = newSearchRows(p)
	p.seamless = newSeamlessRow(p)
	p.ownSteps = container.NewVBox(p.nameRows())
	top := spaced(p.textRows, p.classRow, p.buttonRow()) // always visible
	body := spaced(p.draft.draft, p.guidanceRow, p.kinds.box, p.steps.box, p.strength.box,
		p.ownSteps, p.seedRow(), p.countRow(), p.search.best, p.search.cut, p.sizeRow(), line(), p.control.fold.box, p.folds(), line(), p.modelRows())
	p.scroll = container.NewVScroll(container.New(&insetLayout{left: 12, right: 14, top: gap, bottom: 12}, body))
	p.scroll.OnScrolled = func(fyne.Position) { w.tips.hide() }
	p.column.scroll = p.scroll
	p.box = fixed(panelWidth, container.NewBorder(container.New(&insetLayout{left: 12, right: 14, top: 10}, top), nil, nil, nil, p.scroll))
	return p
}

// insetLayout leaves margins around one object.
type insetLayout struct{ left, right, top, bottom float32 }

func (l *insetLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(l.left+l.right, l.top+l.bottom)
}

func (l *insetLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.NewPos(l.left, l.top))
	o[0].Resize(s.SubtractWidthHeight(l.left+l.right, l.top+l.bottom))
}

func (p *panel) set(change func(*app.Settings)) {
	if !p.setting {
		p.w.studio.Set(change)
	}
}

func (p *panel) texts() {
	p.prompt, p.negative = p.w.text("What should the picture show?"), p.w.text("What should not be in it?")
	p.prompt.prompt, p.negative.prompt = true, true
	p.prompt.SetMinRowsVisible(3)
	p.negative.SetMinRowsVisible(2)
	p.prompt.OnChanged = func(s string) { p.set(func(t *app.Settings) { t.Prompt = s }) }
	p.negative.OnChanged = func(s string) { p.set(func(t *app.Settings) { t.Negative = s }) }
	p.styles = p.w.tips.text(say("Styles"), "Styles: named pieces of prompts, with settings", p.w.showStyles)
	p.references = newReferenceRow(p)
	p.tokens = caption("")
	p.tokensTip = p.w.tips.over(p.tokens, "")
	p.negativeFold = p.w.fold("Negative prompt", false, p.negative)
	title := widget.NewLabelWithStyle(say("Prompt"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	p.textRows = container.NewVBox(container.NewBorder(nil, nil, title, container.NewCenter(container.NewHBox(p.tokensTip, p.styles, p.w.tips.text("LoRA", "LoRAs: search, weights, trigger words", p.w.showLoRAs)))), p.prompt, p.references.box, p.negativeFold.box)
	p.class = p.w.finder(func(string) { p.set(func(t *app.Settings) { t.Class = p.class.SelectedIndex() }) })
	p.classRow = p.column.row("Class", p.class, nil)
}

func (p *panel) button() {
	p.generate = p.w.tips.text(say("Generate"), "Generate (Ctrl+Enter)", p.w.generate)
	p.generate.Icon, p.generate.Importance = icon("sparkle"), widget.HighImportance
	p.stop = p.w.tips.text(say("Stop"), "Stop (Escape)", p.w.studio.Stop)
	p.stop.Icon, p.stop.Importance = icon("stop"), widget.MediumImportance
	p.queue = p.w.tips.button("plus", "Queue another run (Ctrl+Enter)", p.w.generate)
	p.resume = p.w.tips.button("play", "Resume from the last step", p.w.studio.Resume)
	p.steer = p.w.tips.button("sliders", "Apply the panel's settings to the run under way (Ctrl+Shift+Enter)", func() {
		p.w.commitField()
		p.w.studio.SteerByPanel()
	})
	p.live = p.w.tips.button("live", "Live: a picture beside the canvas follows what is painted (J)", p.w.toggleLive)
	p.take = p.w.tips.button("check", "Add the live picture as a layer", p.w.studio.TakeLive)
	p.take.Hide()
	p.progress = newThinBar()
	p.plan = widget.NewLabel("")
	p.plan.Wrapping = fyne.TextWrapWord
}

// buttonRow is Generate, which becomes Stop while a run is under way.
func (p *panel) buttonRow() fyne.CanvasObject {
	p.beside = container.NewHBox(p.resume, p.steer, p.queue, p.take, p.live)
	p.stop.Hide()
	p.queue.Hide()
	p.steer.Hide()
	p.resume.Hide()
	return container.NewVBox(container.NewBorder(nil, nil, nil, p.beside, container.NewStack(p.generate, p.stop)), p.progress.box, p.plan)
}

func (p *panel) numbers() {
	facts := func() engine.Facts { return p.w.studio.Facts }
	p.guidance = p.column.number("Guidance", "", 1, 15, 0.1, 1, func() float64 { return float64(facts().Guidance) },
		func(v float64) {
			g := float32(v)
			p.set(func(t *app.Settings) { t.Guidance, t.GuidanceCurve, t.GuidanceFrom, t.GuidanceUntil = g, nil, 0, 0 })
			p.w.studio.Steer(engine.Change{Guidance: &g}) // it applies to the run under way too
		})
	p.steps = p.column.number("Steps", "", 1, 150, 1, 0, func() float64 { return float64(facts().Steps) },
		func(v float64) { p.set(func(t *app.Settings) { t.Steps = int(v) }) })
	p.strength = p.column.number("Strength", "", 0.01, 1, 0.01, 2, func() float64 { return 0.75 },
		func(v float64) { p.set(func(t *app.Settings) { t.Strength = float32(v) }) })
	p.guidanceRow = container.NewStack(p.guidance.box)
}

func (p *panel) names() {
	samplers := []string{say(ownSampler)}
	for _, s := range engine.Samplers() {
		samplers = append(samplers, s.Name)
	}
	schedules := []string{}
	for _, s := range engine.Schedules() {
		if s != ownSchedule {
			schedules = append(schedules, s)
		}
	}
	p.sampler = p.w.selector(samplers, func(s string) {
		p.set(func(t *app.Settings) { t.Sampler = strings.TrimPrefix(s, say(ownSampler)) })
	})
	p.schedule = p.w.selector(append([]string{say(ownSchedule)}, schedules...), func(s string) {
		p.set(func(t *app.Settings) { t.Schedule = strings.TrimPrefix(s, say(ownSchedule)) })
	})
}

func (p *panel) nameRows() fyne.CanvasObject {
	return spaced(p.column.row("Sampler", p.sampler, nil),
		p.column.row("Schedule", p.schedule, nil))
}

func (p *panel) seedRow() fyne.CanvasObject {
	p.seed = p.w.numberEntry(p.typedSeed)
	dice := p.w.tips.button("dice", "New random seed", p.w.studio.Dice)
	p.lock = p.w.tips.button("lock-open", "Lock the seed: the next runs repeat it", func() { p.set(func(t *app.Settings) { t.Locked = !t.Locked }) })
	return p.column.row("Seed", p.column.wheel(p.seed), container.NewHBox(dice, p.lock))
}

// typedSeed applies a seed; -1 draws one, as in other programs.
func (p *panel) typedSeed(text string) bool {
	text = strings.TrimSpace(text)
	if n, ok := strings.CutPrefix(text, "-"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		p.w.studio.Dice()
		return true
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // which gives the largest possible value
		return false
	}
	p.set(func(t *app.Settings) { t.Seed = v })
	return true
}

func (p *panel) countRow() fyne.CanvasObject {
	p.count = p.w.choice([]string{"1", "2", "3", "4"}, nil, func(s string) {
		if n, err := strconv.Atoi(s); err == nil {
			p.set(func(t *app.Settings) { t.Count = n })
		}
	})
	return p.column.row("Pictures", container.NewHBox(p.count.box), nil)
}

func (p *panel) sizeRow() fyne.CanvasObject {
	side := func(put func(*app.Settings, int)) *numberEntry {
		return p.w.numberEntry(func(text string) bool {
			v, ok := readNumber(text)
			if ok {
				p.set(func(t *app.Settings) { put(t, int(min(max(v, 0), 1<<20))) })
			}
			return ok
		})
	}
	p.width = side(func(t *app.Settings, v int) { t.Width = v })
	p.height = side(func(t *app.Settings, v int) { t.Height = v })
	swap := p.w.tips.button("swap", "Swap width and height", func() {
		p.set(func(t *app.Settings) { t.Width, t.Height = t.Height, t.Width })
	})
	presets := p.w.tips.button("more", "Common sizes", nil)
	presets.OnTapped = func() { p.showSizes(presets) }
	row := container.NewHBox(p.column.field(numberWidth, p.width), container.NewCenter(caption(say("x"))), p.column.field(numberWidth, p.height), swap, presets)
	return p.column.row("Size (px)", row, nil)
}

// shaped is the size of a proportion nearest to an area whose sides are multiples of m; false where none has about
// that proportion.
func shaped(proportion, area float64, m int) (w, h int, ok bool) {
	best := math.Inf(1)
	for a := m; float64(a) <= 4*math.Sqrt(area); a += m {
		b := max(int(float64(a)/proportion/float64(m)+0.5), 1) * m
		off, larger := math.Abs(math.Log(float64(a)/float64(b)/proportion)), math.Abs(math.Log(float64(a*b)/area))
		if cost := 12*off + larger; off < 0.04 && larger < 0.7 && cost < best {
			w, h, ok, best = a, b, true, cost
		}
	}
	return w, h, ok
}

// planText describes the next run; a long one's includes the minutes.
func planText(s *app.Studio) string {
	if d := s.Scene().Estimate(); d >= 90*time.Second {
		return sayf("%s, about %s", s.Plan(), short(d))
	}
	return s.Plan()
}

// showTokens shows the number of the prompt's tokens, and where it is split into chunks.
func (p *panel) showTokens(prompt string) {
	s := p.w.studio
	text, tip, ink := "", "", theme.ColorNamePlaceHolder
	if n, most, ok := s.Tokens(prompt); ok {
		text = sayf("%d / %d tokens", n, most)
		if n > most {
			ink = theme.ColorNameWarning
			tip = sayf("More than the model reads at once: what follows “%s” is read in a second part.", endOf(prompt, func(part string) bool {
				n, most, _ := s.Tokens(part)
				return n <= most
			}))
		}
	}
	p.tokens.Text, p.tokens.Color, p.tokensTip.tip = text, theme.Color(ink), tip
	p.tokens.Refresh()
	p.tokensTip.Refresh()
}

// endOf are the last words of the longest prefix of a text that fits.
func endOf(text string, fits func(string) bool) string {
	words := breakable(text)
	n := sort.Search(len(words), func(i int) bool { return !fits(strings.Join(words[:i+1], "")) })
	return strings.TrimSpace(strings.Join(words[max(n-4, 0):n], ""))
}

// sizeText is a size in pixels.
func sizeText(s image.Point) string { return fmt.Sprintf("%d x %d", s.X, s.Y) }

// verbFor is the button's text.
func verbFor(m app.Mode) string {
	switch m {
	case app.ImageToImage:
		return say("Repaint")
	case app.Inpaint:
		return say("Inpaint")
	case app.Outpaint:
		return say("Extend")
	}
	return say("Generate")
}

// commonSize is a line in the list of sizes.
type commonSize struct {
	w, h int // px
	name string
}

// commonSizes are the model's own size and other proportions of about the same area; for models with a single size,
// only that.
func commonSizes(f engine.Facts, m int) (out []commonSize) {
	if f.Fixed {
		return []commonSize{{f.Width, f.Height, "Model default"}}
	}
	own := max(f.Width, m)
	for _, s := range []struct {
		name string
		w, h float64
	}{{"square", 1, 1}, {"portrait 3:4", 0.75, 1}, {"landscape 4:3", 1, 0.75}, {"tall 2:3", 2, 3}, {"wide 3:2", 3, 2}, {"large square", 1.5, 1.5}, {"double square", 2, 2}} {
		area := float64(own * own)
		if s.w == s.h {
			area *= s.w * s.h
		}
		w, h, ok := shaped(s.w/s.h, area, m)
		if ok && !slices.ContainsFunc(out, func(o commonSize) bool { return o.w == w && o.h == h }) {
			out = append(out, commonSize{w, h, s.name})
		}
	}
	return out
}

// showSizes shows them.
func (p *panel) showSizes(at fyne.CanvasObject) {
	var items []*fyne.MenuItem
	for _, s := range commonSizes(p.w.studio.Facts, p.w.studio.Multiple()) {
		label := fmt.Sprintf("%d x %d  %s", s.w, s.h, say(s.name))
		items = append(items, fyne.NewMenuItem(label, func() { p.set(func(t *app.Settings) { t.Width, t.Height = s.w, s.h }) }))
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), p.w.win.Canvas())
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(at)
	menu.ShowAtPosition(pos.AddXY(at.Size().Width-menu.MinSize().Width, at.Size().Height))
}

func (p *panel) folds() fyne.CanvasObject {
	p.mask = newMaskFold(p)
	p.colour, p.layers, p.regions = newColourFold(p), newLayerFold(p), newRegionFold(p)
	p.rescale = p.column.number("Rescale", "", 0, 1, 0.05, 2, func() float64 { return 0 }, func(v float64) { p.set(func(t *app.Settings) { t.GuidanceRescale = float32(v) }) })
	p.eta = p.column.number("Eta", "", 0, 1, 0.05, 2, func() float64 { return 0 }, func(v float64) { p.set(func(t *app.Settings) { t.Eta = float32(v) }) })
	p.curves = newCurveFold(p)
	p.advanced = p.w.fold("Advanced", false, spaced(p.seamless.box, p.rescale.box, p.plusRow(), p.perpNeg.box, p.eta.box, p.churn.box, p.curves.box, p.kinds.clip.box, p.draft.reuse.box, container.New(&insetLayout{left: theme.InnerPadding()}, p.draft.caption)))
	return container.NewVBox(p.layers.fold.box, p.colour.fold.box, p.mask.fold.box, p.regions.fold.box, p.advanced.box)
}

func (p *panel) modelRows() fyne.CanvasObject {
	p.model = p.w.finder(p.chooseModel)
	p.device = caption("")
	about := p.w.tips.button("info", "About this model", p.w.aboutModel)
	p.vae, p.encoders = newVAERow(p), newEncoderRows(p)
	return container.NewVBox(p.column.row("Model", p.model, about), p.vae.box, p.encoders.box, p.column.under(p.device))
}
