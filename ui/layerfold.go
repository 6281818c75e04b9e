package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/layers"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/transform"
)

// layerFold is the list of the document's layers, with the actions on the selected one.
type layerFold struct {
	p         *panel
	fold      *fold
	list      *fyne.Container
	mark      *landing
	rows      []*layerRow
	needs     []*tipButton // what is done with the selected layer
	mode      *selector
	opacity   *number
	lockAlpha *check
	result    *check
	read      *check
	change    *layerTransform
	showing   bool
}

// modeNames are the blend modes as the list has them, in OpenRaster's order.
var modeNames = []string{"Normal", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "Dodge", "Burn", "Hard light", "Soft light", "Difference",
	"Colour of the layer", "Luminosity", "Hue", "Saturation", "Addition", "Keep what it covers", "Cut out what it covers", "Only over what is there", "Under what is there"}

func newLayerFold(p *panel) *layerFold {
	f := &layerFold{p: p, list: container.New(layout.NewCustomPaddedVBoxLayout(0)), mark: newLanding()}
	t, w := p.w.tips, p.w
	do := func(name string, change func(*layers.Stack) (*layers.Stack, error)) func() {
		return func() { w.arrange(name, change) }
	}
	row := []fyne.CanvasObject{t.button("plus", "Add a layer", do("add layer", func(s *layers.Stack) (*layers.Stack, error) {
		return s.Added(s.Active, layers.Layer{Name: s.Free(say("Layer")), Opacity: 1})
	}))}
	f.needs = []*tipButton{
		t.button("copy", "Duplicate the layer", do("duplicate layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Duplicated(s.Active) })),
		t.button("group", "Put the layer into a group, or take a group apart", do("group", grouped)),
		t.button("chevron-up", "Move the layer up", do("move layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Raised(s.Active, 1) })),
		t.button("chevron-down", "Move the layer down", do("move layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Raised(s.Active, -1) })),
		t.button("merge", "Merge the layer with the one below it, or a group into one layer", do("merge down", func(s *layers.Stack) (*layers.Stack, error) { return s.MergedDown(s.Active) })),
		t.button("flatten", "Make one layer of all that is visible", do("flatten", func(s *layers.Stack) (*layers.Stack, error) { return s.Flattened(say("Picture")) })),
		t.button("trash", "Remove the layer", do("remove layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Removed(s.Active) })),
	}
	for _, b := range f.needs {
		row = append(row, b)
	}
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(1), row...)
	f.mode = w.selector(nil, nil)
	f.mode.Options = allSaid(modeNames)
	f.mode.OnChanged = func(string) {
		f.set(func(l *layers.Layer) { l.Mode = composite.Mode(max(f.mode.SelectedIndex(), 0)) })
	}
	f.opacity = p.column.number("Opacity", "", 0, 1, 0.05, 2, func() float64 { return 1 }, func(v float64) { f.set(func(l *layers.Layer) { l.Opacity = float32(v) }) })
	f.lockAlpha = w.checkBox(say("Paint only over what is there"), func(on bool) { f.set(func(l *layers.Layer) { l.LockAlpha = on }) })
	f.result = w.checkBox(say("Results become layers"), func(on bool) { p.set(func(t *app.Settings) { t.ResultLayer = on }) })
	f.read = w.checkBox(say("Generate from the selected layer only"), func(on bool) { p.set(func(t *app.Settings) { t.ReadLayer = on }) })
	f.change = newLayerTransform(f)
	f.fold = w.fold("Layers", false, spaced(container.NewStack(f.list, f.mark.box), buttons, p.column.row("Blend mode", f.mode, nil), f.opacity.box, f.lockAlpha, f.change.box, f.result, f.read))
	return f
}

// grouped puts the selected layer into a group, or takes a group apart.
func grouped(s *layers.Stack) (*layers.Stack, error) {
	if l, _ := s.Layer(s.Active); l.Group {
		return s.Ungrouped(l.ID)
	}
	return s.Grouped(s.Active, s.Free(say("Group")))
}

// arrange changes the layers, and reports why where that is refused.
func (w *Window) arrange(name string, change func(*layers.Stack) (*layers.Stack, error)) {
	if w.studio.Document.Picture == nil {
		w.studio.Tray.Keep()
		w.paper()
	}
	if err := w.studio.Document.Arrange(name, change); err != nil {
		w.studio.Fail("The layers stay as they are", err, "", nil)
	}
}

// set changes the selected layer.
func (f *layerFold) set(change func(*layers.Layer)) {
	if f.showing {
		return
	}
	f.p.w.arrange("layer settings", func(s *layers.Stack) (*layers.Stack, error) { return s.Changed(s.Active, change) })
}

func (f *layerFold) refresh(c app.Change) {
	f.showing = true
	defer func() { f.showing = false }()
	w := f.p.w
	if c&app.ChangedSettings != 0 {
		f.result.SetChecked(w.studio.Settings.ResultLayer)
		f.read.SetChecked(w.studio.Settings.ReadLayer)
	}
	if c&(app.ChangedLayers|app.ChangedPicture|app.ChangedUndo|app.ChangedTray) == 0 {
		return
	}
	d := w.studio.Document
	s := &layers.Stack{}
	switch {
	case d.Layered():
		s = d.Stack()
	case d.Picture != nil: // its layer is created when needed
		s = &layers.Stack{Layers: []layers.Layer{{ID: 1, Name: say("Picture"), Opacity: 1}}, Active: 1}
	}
	f.fill(s)
	l, any := s.Layer(s.Active)
	f.enable(any || w.studio.Tray.Current() != nil) // a result that is shown is kept first
	if !any {
		l.Opacity = 1 // a new one's
	}
	if i := int(l.Mode); i != f.mode.SelectedIndex() {
		f.mode.SetSelectedIndex(i)
	}
	f.opacity.Set(float64(l.Opacity))
	f.lockAlpha.SetChecked(l.LockAlpha)
}

// enable lets the selected layer's controls be used, if there is one.
func (f *layerFold) enable(any bool) {
	controls := []fyne.Disableable{f.mode, f.lockAlpha, f.change.kernel}
	for _, n := range []*number{f.opacity, f.change.scale, f.change.turn} {
		controls = append(controls, n.slider, n.entry)
	}
	for _, b := range append(f.needs, f.change.flips...) {
		controls = append(controls, b)
	}
	for _, c := range controls {
		switch {
		case any && c.Disabled():
			c.Enable()
		case !any && !c.Disabled():
			c.Disable()
		}
	}
}

// fill makes the rows, the topmost layer first. Rows that stay are kept, so that clicks on them continue.
func (f *layerFold) fill(s *layers.Stack) {
	d := f.p.w.studio.Document
	all := listed(s)
	for i := range all {
		all[i].whole = !d.Layered()
	}
	for len(f.rows) < len(all) {
		r := newLayerRow(f)
		f.rows = append(f.rows, r)
	}
	f.list.Objects = nil
	for i, l := range all {
		f.rows[i].show(l, s.Active)
		f.rows[i].thumb.show(l, d.Picture)
		f.list.Objects = append(f.list.Objects, f.rows[i])
	}
	f.list.Refresh()
}

type shownLayer struct {
	layers.Layer
	inside bool // a group
	whole  bool // it is the document's picture, which has no layers yet
}

// layerTransform scales, rotates and mirrors the selected layer, with a preview.
type layerTransform struct {
	f           *layerFold
	box         *fyne.Container
	scale, turn *number
	kernel      *selector
	flips       []*tipButton
	now         transform.Transform
	of          int64 // the layer that is previewed; 0: none
	ends        *fyne.Container
}

func newLayerTransform(f *layerFold) *layerTransform {
	c, w := &layerTransform{f: f, now: transform.Identity}, f.p.w
	c.scale = f.p.column.number("Scale", "%", 5, 400, 1, 0, func() float64 { return 100 }, func(v float64) {
		c.change(func(t *transform.Transform) {
			t.ScaleX, t.ScaleY = math.Copysign(v/100, t.ScaleX), math.Copysign(v/100, t.ScaleY)
		})
	})
	c.turn = f.p.column.number("Rotate", "°", -180, 180, 1, 0, func() float64 { return 0 }, func(v float64) { c.change(func(t *transform.Transform) { t.Turn = v }) })
	c.kernel = w.selector(nil, nil)
	c.kernel.Options = []string{say("Bicubic"), "Lanczos", say("Nearest neighbour")}
	c.kernel.SetSelectedIndex(0)
	c.kernel.OnChanged = func(string) {
		c.change(func(t *transform.Transform) { t.Kernel = transform.Kernel(max(c.kernel.SelectedIndex(), 0)) })
	}
	c.flips = []*tipButton{
		w.tips.button("flip", "Flip the layer horizontally", func() { c.change(func(t *transform.Transform) { t.ScaleX = -t.ScaleX }) }),
		w.tips.button("flip-down", "Flip the layer vertically", func() { c.change(func(t *transform.Transform) { t.ScaleY = -t.ScaleY }) }),
		w.tips.button("turn", "Rotate the layer by 90°", func() { c.change(func(t *transform.Transform) { t.Turn = math.Mod(t.Turn+270, 360) - 180 }) }),
	}
	flips := container.New(layout.NewCustomPaddedHBoxLayout(1), c.flips[0], c.flips[1], c.flips[2])
	c.ends = container.New(layout.NewCustomPaddedHBoxLayout(1), w.tips.button("check", "Keep the change (Enter)", c.keep), w.tips.button("discard", "Leave the layer as it was (Escape)", c.drop))
	c.ends.Hide()
	c.scale.Set(100)
	c.turn.Set(0)
	c.box = spaced(c.scale.box, c.turn.box, f.p.column.row("Smoothing", c.kernel, nil), container.NewHBox(flips, c.ends))
	return c
}

// change shows the changed layer.
func (c *layerTransform) change(f func(*transform.Transform)) {
	if c.f.showing {
		return
	}
	d := c.f.p.w.studio.Document
	s := d.Stack()
	if s == nil {
		return
	}
	if d.Wet() == nil || c.of != s.Active {
		kernel := c.now.Kernel
		c.now, c.of = transform.Identity, s.Active
		c.now.Kernel, c.now.Pivot = kernel, middle(s)
	}
	f(&c.now)
	err := d.PreviewTransform(c.of, c.now)
	if err != nil {
		c.drop()
		c.f.p.w.studio.Fail("The layer cannot be moved", err, "", nil)
		return
	}
	c.showNumbers()
	c.ends.Show()
}

// middle is the centre of the selected layer's pixels, on whole or half pixels.
func middle(s *layers.Stack) [2]float64 {
	l, _ := s.Layer(s.Active)
	r := l.Pixels.Bounds()
	for _, c := range l.Layers {
		r = r.Union(c.Pixels.Bounds())
	}
	return [2]float64{float64(r.Min.X+r.Max.X) / 2, float64(r.Min.Y+r.Max.Y) / 2}
}

func (c *layerTransform) showNumbers() {
	c.f.showing = true
	c.scale.Set(math.Round(100 * math.Abs(c.now.ScaleX)))
	c.turn.Set(math.Round(c.now.Turn))
	c.f.showing = false
}

// active reports whether a preview waits to be kept or dropped.
func (c *layerTransform) active() bool { return c.of != 0 && c.f.p.w.studio.Document.Wet() != nil }

func (c *layerTransform) keep() {
	c.f.p.w.studio.Document.EndStroke()
	c.rest()
}

func (c *layerTransform) drop() {
	c.f.p.w.studio.Document.DropStroke()
	c.rest()
}

func (c *layerTransform) rest() {
	kernel := c.now.Kernel
	c.now, c.of = transform.Identity, 0
	c.now.Kernel = kernel
	c.showNumbers()
	c.ends.Hide()
}

// layerRow is one layer of the list.
type layerRow struct {
	widget.BaseWidget
	f         *layerFold
	layer     shownLayer
	eye, lock *tipButton
	name      *layerName
	thumb     *layerThumb
	indent    *insetLayout
	body      *fyne.Container
	drag      *layerDrag // nil: it is not dragged
}

func newLayerRow(f *layerFold) *layerRow {
	r := &layerRow{f: f, indent: &insetLayout{}, thumb: newLayerThumb()}
	w := f.p.w
	r.eye = w.tips.button("eye", "Show or hide the layer", func() { r.set(func(l *layers.Layer) { l.Hidden = !l.Hidden }) })
	r.lock = w.tips.button("lock-open", "Lock the layer, or unlock it", func() { r.set(func(l *layers.Layer) { l.Locked = !l.Locked }) })
	r.name = newLayerName(r)
	r.body = container.New(r.indent, container.NewBorder(nil, nil, container.New(layout.NewCustomPaddedHBoxLayout(2), r.eye, container.NewCenter(r.thumb.box)), r.lock, r.name.box))
	r.ExtendBaseWidget(r)
	return r
}

// set changes the row's layer.
func (r *layerRow) set(change func(*layers.Layer)) {
	r.f.p.w.arrange("layer settings", func(s *layers.Stack) (*layers.Stack, error) { return s.Changed(r.id(s), change) })
}

// id is the row's layer, in a document that may have had no layers before.
func (r *layerRow) id(s *layers.Stack) int64 {
	if _, ok := s.Layer(r.layer.ID); ok {
		return r.layer.ID
	}
	return s.Active
}

// CreateRenderer is Fyne's.
func (r *layerRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.body) }

// layerIndent is how far the rows of a group's layers begin from the left.
const layerIndent = 16

// layerNameWidth is what the panel leaves of a row for the name.
const layerNameWidth = 178

func (r *layerRow) show(l shownLayer, active int64) {
	if l.ID != r.layer.ID {
		r.name.leave()
	}
	r.layer = l
	r.indent.left = 0
	if l.inside {
		r.indent.left = layerIndent
	}
	r.eye.SetIcon(icon(map[bool]string{true: "eye-off", false: "eye"}[l.Hidden]))
	r.lock.SetIcon(icon(map[bool]string{true: "lock", false: "lock-open"}[l.Locked]))
	r.name.show(l, l.ID == active)
	r.body.Refresh()
}
