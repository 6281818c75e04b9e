// Package ui is the studio's window: canvas, prompt panel, timeline, candidates,
// history, menus. It shows what app.Studio holds and calls its methods; work
// comes back through fyne.Do alone. Start with New.
package ui

import (
	"image"
	"os"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"nirvana/app"
	"nirvana/assets"
	"nirvana/engine"
	"nirvana/ui/canvas"
)

// Dialogs are the system's file dialogs. They begin in the folder, or at the path, that is proposed. Each returns "" when the artist gave
// up, and may take its time: they are called on a goroutine of their own.
type Dialogs interface {
	OpenFile(title, folder string, kinds ...Kind) (path string, err error)
	SaveFile(title, path string, kinds ...Kind) (chosen string, err error)
	OpenFolder(title, folder string) (path string, err error)
}

// Kind is a kind of files that a dialog offers.
type Kind struct {
	Name       string
	Extensions []string // without the dot, lower case
}

// Clipboard carries pictures to and from other programs, encoded as PNG. Nil data: no picture there.
type Clipboard interface {
	WriteImage(png []byte) error
	ReadImage() (png []byte, err error)
}

// Options are what the window stands on beside the studio.
type Options struct {
	Dialogs   Dialogs
	Clipboard Clipboard
	Devices   func() []string // that models may run on, as engine/onnx names them; the last is the processor
	Pictures  string          // folder that file dialogs begin in the first time
	Version   string
	// Screen is the room that the screen has for windows, in its own units; called while the window is shown. Nil: not known.
	Screen func() (width, height int)
	Scale  string // of everything in the window as the environment sets it, which wins over the artist's; "": it does not
	// OpenFolder shows a folder in the system's file manager; nil: the menu leaves it out.
	OpenFolder func(path string) error
	// ReadModel looks at a folder that the artist chose.
	ReadModel func(dir string) (app.ModelInfo, error)
	// Installed are the checkpoints in another program's folder; nil: none are looked for.
	Installed func(dir string) []app.ModelInfo
}

// Window is the studio's window.
type Window struct {
	win     fyne.Window
	studio  *app.Studio
	options Options

	tips     *tips
	canvas   *canvas.View
	panel    *panel
	tools    *toolBar
	timeline *timeline
	tray     *tray
	history  *history
	library  *library    // the dialog of models; nil while it is closed
	opened   *app.Notice // what was told of the file that was opened last
	large    *history    // in the canvas's place; nil while that is closed
	status   *status
	strip    *strip
	empty    *emptyState
	chip     *chip
	fixItem  *fyne.MenuItem // of the main menu; enabled while there is a seam to fix

	altNote            *fyne.KeyName  // see altmenu.go
	rules              []rule         // of the menu
	recent             *fyne.MenuItem // files
	earlier            *fyne.MenuItem // work that something else took the place of
	maskChip           *maskChip
	masking            bool            // something is masked
	hideMask           bool            // the artist does not want to see the mask now
	asking             bool            // a file dialog is open
	opening            int             // counts the files that were opened
	tint               tint            // of the mask
	shelf              *fyne.Container // candidates and history
	bottom, side, left fyne.CanvasObject
	body               fyne.CanvasObject // all but panel and status
	page               *fyne.Container   // in its place
	bare               bool              // Tab: nothing but the canvas
	shown              bool              // its size is the artist's from now on
	settingsColors     *swatches
	language           string
	dialog             dialog.Dialog
	masked             *app.Candidate   // the result over which the mask was painted on
	sideBySide         bool             // several results are shown as a table where there are several
	tabled             []*app.Candidate // in the table's cells, nil where none is yet
	tableOf            int              // the run that the table came with, or would have
	pending            app.Change
	queued             bool
	refreshed          time.Time // last
	told               time.Time // when a step's numbers were last written
	telling            bool      // they will be
}

// New makes the window over a studio. Show it with ShowAndRun.
func New(a fyne.App, s *app.Studio, o Options) *Window {
	w := &Window{studio: s, options: o, win: a.NewWindow("Nirvana")}
	w.win.SetIcon(fyne.NewStaticResource("nirvana.png", assets.AppIcon()))
	w.applyTheme()
	w.canvas = canvas.New()
	w.hook()
	w.altNote = pendingMenu(w.win)
	w.win.SetPadded(false)
	w.win.Resize(fyne.NewSize(1280, 800))
	if size := s.Settings.Window; size[0] > 0 && size[1] > 0 {
		w.win.Resize(fyne.NewSize(float32(size[0]), float32(size[1])))
	}
	w.win.SetOnDropped(func(_ fyne.Position, files []fyne.URI) { w.dropped(files) })
	w.win.SetCloseIntercept(w.close)
	w.compose()
	w.keys()
	s.Observe(w.observe)
	return w
}

// compose makes everything in the window, in the chosen language; again when that changes.
func (w *Window) compose() {
	w.language = w.studio.Settings.Language
	tag, missing := spoken(w.language)
	if missing {
		w.tellFont()
	}
	if err := speak(tag); err != nil {
		w.studio.Fail("The window's language could not be set", err, "", nil)
	}
	w.tips = newTips(w)
	w.tools = newToolBar(w)
	w.panel = newPanel(w)
	w.timeline = newTimeline(w)
	w.tray = newTray(w)
	w.history = newHistory(w)
	w.shelf = container.New(&shelfLayout{tray: w.tray}, w.tray.buttons, w.tray.box, w.history.box, w.history.slim)
	w.status = newStatus(w)
	w.strip = newStrip(w)
	w.empty = newEmptyState(w)
	w.chip = newChip(w)
	w.maskChip = newMaskChip(w)

	middle := container.NewStack(w.canvas, w.chip.layer, w.empty.box, container.NewVBox(w.tools.options.box, w.strip.box, w.maskChip.box))
	w.left, w.side = w.tools.box, w.panel.box
	w.bottom = container.NewVBox(w.timeline.box, container.New(&insetLayout{left: 12, bottom: 4}, w.shelf))
	w.body, w.page, w.large = container.NewBorder(nil, w.bottom, w.left, nil, middle), container.NewStack(), nil
	whole := container.NewBorder(nil, w.status.box, nil, w.side, container.NewStack(w.body, w.page))
	w.win.SetContent(container.New(&sizeWatch{w}, whole, w.tips.layer))
	w.win.SetMainMenu(w.menu())
	w.refresh(^app.Change(0))
	w.win.Canvas().Focus(w.panel.prompt)
}

// ShowAndRun shows the window until it is closed.
func (w *Window) ShowAndRun() {
	a := fyne.CurrentApp()
	a.Lifecycle().SetOnStarted(func() {
		w.fitScreen()
		w.shown = true
	})
	dropStopHook(a.Lifecycle())
	w.win.ShowAndRun()
}

// fitScreen makes the window no larger than the screen, which the size of everything in it may ask for.
func (w *Window) fitScreen() {
	if w.options.Screen == nil {
		return
	}
	width, height := w.options.Screen()
	c := w.win.Canvas()
	room := fyne.NewSize(float32(width)/c.Scale(), float32(height)/c.Scale())
	if size := c.Size(); width > 0 && height > 0 && (size.Width > room.Width || size.Height > room.Height) {
		w.win.Resize(size.Min(room))
	}
}

// dropStopHook takes away Fyne's own work at the end, which saves preferences, of which we keep none. Fyne 2.8 hands
// it to the main loop in the moment when that stops: the loop may miss it, and then the program waits for it for ever.
func dropStopHook(l fyne.Lifecycle) {
	if l, ok := l.(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// Fyne is the window itself.
func (w *Window) Fyne() fyne.Window { return w.win }

// observe gathers changes: however many come at once, the window is refreshed once, and for a run's steps, of which a
// small model makes more than a screen shows, once a frame.
func (w *Window) observe(c app.Change) {
	w.pending |= c
	if w.queued {
		return
	}
	w.queued = true
	if rest := frameTime - time.Since(w.refreshed); c&^app.ChangedStep == 0 && rest > 0 {
		time.AfterFunc(rest, func() { fyne.Do(w.flush) })
		return
	}
	fyne.Do(w.flush)
}

// frameTime is how long Fyne shows a frame.
const frameTime = time.Second / 60

func (w *Window) flush() {
	c := w.pending
	w.pending, w.queued, w.refreshed = 0, false, time.Now()
	w.refresh(c)
}

func (w *Window) refresh(c app.Change) {
	if c&app.ChangedSettings != 0 {
		if w.applyTheme() || w.studio.Settings.Language != w.language { // texts on the canvas have the colours they were made with
			w.compose()
			if w.settingsColors != nil { // the view goes on in the new language
				w.closeTop()
				w.showSettings()
			}
			return
		}
	}
	if c&app.ChangedTray != 0 {
		w.letGo()
	}
	w.beginTable()
	w.showCanvas(c)
	if c == app.ChangedStep && w.tellLater() {
		w.timeline.tick()
		w.panel.progress.set(max(w.studio.Run().Progress(), w.panel.progress.done))
		return
	}
	w.panel.refresh(c)
	w.tools.refresh(c)
	w.tools.options.refresh(c)
	w.timeline.refresh(c)
	w.tray.refresh(c)
	w.history.refresh(c)
	if w.library != nil && c&(app.ChangedModel|app.ChangedSettings) != 0 {
		w.library.refresh()
	}
	if w.large != nil {
		w.large.refresh(c)
		w.large.strip.refresh(c)
	}
	if w.settingsColors != nil {
		w.settingsColors.set(w.studio.Settings.MaskColor)
	}
	w.status.refresh(c)
	w.strip.refresh(c)
	if w.library != nil {
		w.strip.box.Hide()
		w.library.strip.refresh(c)
	}
	w.empty.refresh()
	w.chip.refresh()
	w.maskChip.refresh(c)
	if c&app.ChangedNotice != 0 { // it tells of what is new there
		w.fillEarlier()
	}
	w.showMenu()
	if c&(app.ChangedPicture|app.ChangedUndo|app.ChangedFrame|app.ChangedTray) != 0 {
		w.title()
	}
}

// tellEvery is how often numbers that change with every step of a run are written anew: faster they could not be read.
const tellEvery = 100 * time.Millisecond

// tellLater says that a step's numbers may wait, and sees to it that they do not wait for long.
func (w *Window) tellLater() bool {
	if r := w.studio.Run(); !r.Active() || !r.Following() {
		return false
	}
	rest := tellEvery - time.Since(w.told)
	if rest <= 0 {
		w.told = time.Now()
		return false
	}
	if !w.telling {
		w.telling = true
		time.AfterFunc(rest, func() {
			fyne.Do(func() {
				w.telling = false
				w.observe(app.ChangedStep)
			})
		})
	}
	return true
}

func (w *Window) title() {
	if name := w.documentName(); name != "" {
		w.win.SetTitle(name + " - Nirvana")
		return
	}
	w.win.SetTitle("Nirvana")
}

// light says which theme is shown: Fyne's variable FYNE_THEME wins over the menu's choice.
func (w *Window) light() bool {
	if t := os.Getenv("FYNE_THEME"); t != "" {
		return t == "light"
	}
	return w.studio.Settings.Theme == "light"
}

// applyTheme says whether the theme has become another.
func (w *Window) applyTheme() bool {
	light := w.light()
	want := palette{light, w.studio.Settings.Contrast}
	if p, ok := fyne.CurrentApp().Settings().Theme().(palette); !ok || p != want {
		fyne.CurrentApp().Settings().SetTheme(want)
		return true
	}
	return false
}

// showCanvas brings the scene up to date and draws it.
func (w *Window) showCanvas(c app.Change) {
	d, s := w.studio.Document, &w.canvas.Scene
	t := w.studio.Settings
	before := s.Area()
	s.Picture, s.At = d.Picture, image.Point{}
	s.Before = nil
	if picture, corner := w.studio.Shown(); picture != nil {
		s.Picture, s.At = picture, image.Point{}.Sub(corner)
	}
	if c := w.studio.Tray.Current(); c != nil && d.Picture == nil && !w.studio.Tray.Comparing {
		s.At = c.Frame.Min
	}
	if w.tray.dividing && d.Picture != nil && w.studio.Tray.Current() != nil {
		s.Before, s.Divider, s.BeforeAt = d.Picture, w.tray.divider, d.Picture.Rect
		if c := w.studio.Tray.Current(); s.Picture == c.Picture { // it takes the whole document's place, larger
			s.BeforeAt = s.Picture.Rect.Add(s.At)
		}
	}
	s.Frame, s.Multiple, s.Light = d.Frame, w.studio.Multiple(), w.light()
	s.MaskColour, s.MaskOpacity, s.Accent = w.contrasting(t.MaskColor, s.Picture), t.MaskOpacity, accent
	live, at, mask, cells := s.Live, s.LiveAt, s.Mask, s.Table
	s.Live, s.LiveAt, s.LiveMask = w.liveStep()
	if p := d.Picture; p != nil && s.CropAt.Empty() && w.canvas.Tool() == canvas.ToolCrop {
		w.canvas.SetTool(canvas.ToolCrop) // there is a picture to crop now
	}
	s.Mask, s.Lines = nil, nil
	if c&app.ChangedMask != 0 {
		w.canvas.MaskChanged()
	}
	if w.showsPaint(c, s.Live != nil) {
		s.Mask = d.Mask
		if w.studio.FollowsScribble() {
			s.Lines, s.LineColour = d.Scribble, lineColor
		}
	}
	s.Table = w.table()
	beside := s.Beside
	s.Beside, s.BesideAt = w.besideLive()
	w.canvas.SetBrush(t.BrushSize)
	w.canvas.SetInk(w.inkShown())
	if s.Area() != before && w.canvas.Fitting() && !w.canvas.PullingFrame() {
		w.canvas.Fit()
		return
	}
	const seen = app.ChangedPicture | app.ChangedMask | app.ChangedFrame | app.ChangedStep | app.ChangedTray | app.ChangedRun | app.ChangedSettings | app.ChangedLayers
	switch {
	case c == app.ChangedStep && (live != nil) == (s.Live != nil) && at == s.LiveAt && mask == s.Mask && beside == s.Beside && sameCells(cells, s.Table):
		w.canvas.RedrawLive()
	case c&seen != 0:
		w.canvas.Redraw()
	}
}

// sameCells says whether two tables differ in the step under way alone.
func sameCells(a, b canvas.Table) bool {
	return a.Size == b.Size && slices.EqualFunc(a.Cells, b.Cells, func(x, y canvas.Cell) bool {
		return x == y || x.Live && y.Live && x.Chosen == y.Chosen
	})
}

// showsPaint says whether mask and scribble are shown: not over a result that is looked at, which they would
// hide. Painting brings them back until another result is looked at.
func (w *Window) showsPaint(c app.Change, live bool) bool {
	result := w.studio.Tray.Current()
	if c&app.ChangedMask != 0 {
		w.masked = result
	}
	return !(w.hideMask || live && !w.canvas.Painting() || result != nil && w.masked != result && !w.studio.Tray.Comparing)
}

// ofShown says whether a run's steps are those of what is shown: the run under way, or the selected candidate's. What
// was kept, or where nothing is selected, is taken to be the last run's.
func (w *Window) ofShown(r *app.Run) bool {
	c := w.studio.Tray.Current()
	return r.Active() || c == nil || c.Run == r.ID && c.Number == r.Index
}

// letGo goes back to the result when another candidate is selected than the one whose step is held.
func (w *Window) letGo() {
	if r := w.studio.Run(); r != nil && !r.Following() && !w.ofShown(r) {
		r.Show(-1)
	}
}

// liveStep is what lies over the canvas, where, and what of it is new: the run's step while it is
// under way, or a step that the timeline holds.
func (w *Window) liveStep() (*image.RGBA, image.Rectangle, *image.Gray) {
	if n := w.studio.Noised; n != nil && n.Ready {
		return n.Step.Noisy(0), n.Frame, nil
	}
	r := w.studio.Run()
	step, _, ok := r.Shown()
	if !ok || r.Following() && (!r.Active() || w.studio.Tray.Held) {
		return nil, image.Rectangle{}, nil
	}
	if p := w.studio.Document.Picture; r.Replaces() && p != nil { // larger than what there is: shown at its place
		return w.picture(step), p.Rect, nil
	}
	return w.picture(step), r.Frame, r.Painted()
}

// picture is a step as it is looked at: its noise, or the picture that the model sees in it.
func (w *Window) picture(step engine.Step) *image.RGBA {
	switch {
	case w.timeline.noisy():
		return step.Noisy(0)
	case step.Pictures != nil:
		return step.Pictures[0]
	}
	return step.Predicted(0)
}

// hook ties the canvas to the document.
func (w *Window) hook() {
	d := w.studio.Document
	w.canvas.Hooks = canvas.Hooks{
		FrameBegan: d.BeginFrame,
		FrameMoved: d.SetFrame,
		FrameEnded: d.EndFrame,
		FrameFit:   d.FitFrame,
		StrokeBegan: func(x, y float32, erase bool) image.Rectangle {
			if w.studio.Settings.Paint.On {
				return w.strokeBegan(x, y, erase)
			}
			picture := d.Picture
			r := d.BeginStroke(w.studio.Brush(erase), x, y)
			if s := w.canvas.Scene; s.Mask != d.Mask || s.Lines != d.Scribble || picture != d.Picture {
				w.hideMask = false
				w.showCanvas(app.ChangedMask) // it was not shown
			}
			return r
		},
		StrokeMoved: func(x, y float32) image.Rectangle {
			if d.Wet() != nil {
				w.studio.LiveTouched()
				return d.PaintTo(x, y)
			}
			return d.StrokeTo(x, y)
		},
		StrokeEnded: func() {
			if d.Wet() != nil {
				w.strokeEnded()
				return
			}
			d.EndStroke()
		},
		Pulled:  w.pulled,
		Pointed: w.pointed,
		Selected: func(tool canvas.Tool, r image.Rectangle, add, remove bool) {
			if tool != canvas.ToolCrop && w.studio.Settings.Paint.On {
				w.shape(tool, r)
				return
			}
			switch tool {
			case canvas.ToolRectangle:
				d.Rectangle(r, combine(add, remove))
			case canvas.ToolEllipse:
				d.Ellipse(r, combine(add, remove))
			case canvas.ToolCrop:
				w.cropTo(r)
				w.tools.choose(canvas.ToolFrame)
			}
		},
		Outlined: func(p [][2]float32, add, remove bool) {
			if w.studio.Settings.Paint.On {
				w.outlined(p)
				return
			}
			d.Polygon(p, combine(add, remove))
		},
		Picked: func(p image.Point, add, remove bool) {
			if w.studio.Settings.Paint.On {
				w.fill(p)
				return
			}
			d.Flood(p, w.studio.Settings.Tolerance, combine(add, remove))
		},
		Zoomed: func(float64) {
			if w.status != nil {
				w.status.zoom()
				w.chip.refresh()
			}
		},
		Focused: func() { w.win.Canvas().Unfocus() },
		Acted:   w.mouseActed,
		Chosen:  w.chosen,
		Menu:    w.canvasMenu,
		Cropping: func(r image.Rectangle) {
			if w.chip != nil {
				w.tools.options.showCrop(r)
				w.chip.refresh()
			}
		},
		Divider: func(share float64) {
			w.tray.divider = share
			w.showCanvas(app.ChangedTray)
		},
	}
}

// cropTo crops to a rectangle of what is seen; a candidate that is seen is kept first, since it is what is cropped.
func (w *Window) cropTo(r image.Rectangle) {
	if t := w.studio.Tray; t.Current() != nil && !t.Comparing {
		r = r.Sub(w.canvas.Scene.At)
		t.Keep()
	}
	w.studio.Document.Crop(r)
}

// combine is what Shift and Alt make of a selection: adding is the usual.
func combine(_, remove bool) app.Combine {
	if remove {
		return app.Subtract
	}
	return app.Add
}
