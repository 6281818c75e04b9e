// Package ui is the studio's window: canvas, prompt panel, timeline, candidates, history, menus. It shows the state
// of app.Studio and calls its methods; results of background work arrive only through fyne.Do. Start with New.
package ui

import (
	"image"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"nirvana/app"
	"nirvana/assets"
	"nirvana/ui/canvas"
)

// Dialogs are the system's file dialogs. They start in the folder, or at the path, that is given. Each returns ""
// when the user cancelled, and may block: they are called on a goroutine of their own.
type Dialogs interface {
	OpenFile(title, folder string, kinds ...Kind) (path string, err error)
	SaveFile(title, path string, kinds ...Kind) (chosen string, err error)
	OpenFolder(title, folder string) (path string, err error)
}

// Kind is a kind of files in a dialog.
type Kind struct {
	Name       string
	Extensions []string // without the dot, lower case
}

// Clipboard exchanges pictures with other programs, encoded as PNG. Nil data: no picture.
type Clipboard interface {
	WriteImage(png []byte) error
	ReadImage() (png []byte, err error)
}

// Options are what the window needs besides the studio.
type Options struct {
	Dialogs   Dialogs
	Clipboard Clipboard
	Devices   func() []string // that models may run on, with engine/onnx's names; the last one is the CPU; slow, called in the background
	Pictures  string          // folder in which file dialogs start the first time
	Version   string
	// Screen is the screen's size for windows, in its own units; called while the window is shown. Nil: unknown.
	Screen func() (width, height int)
	Scale  string // of everything in the window, from the environment, which overrides the user's; "": not set
	// OpenFolder shows a folder in the system's file manager; nil: the menu has no item for it.
	OpenFolder func(path string) error
	// ReadModel describes a folder that the user chose.
	ReadModel func(dir string) (app.ModelInfo, error)
	// KindOf reports what a file of weights is: "model", "LoRA", "embedding", "VAE", "text encoder", "ControlNet", "upscaler",
	// "pickle" or "unknown"; part describes it. Nil: nobody knows.
	KindOf func(path string) (kind string, part app.Part)
	// Embeddings lists the embeddings likewise. Nil: there is no list.
	Embeddings func(model string, tell func([]app.LoRA))
	// LoRAs lists the LoRAs that prompts for a model can use: their names first, then with what is next to the files.
	// It may take long. Nil: there is no list.
	LoRAs func(model string, tell func([]app.LoRA))
	// Home is the data folder, with the user's styles and the masks of regions; "": there is none.
	Home string
	// Picture reads a small picture from a file; may be nil.
	Picture func(path string) (image.Image, error)
	// Serving is the studio as a server for other programs; nil: it cannot be one.
	Serving Serving
	// Machine is what this machine can compute with; nil: nothing is told of it.
	Machine Machine
	// Servers are those that networks can run on; nil: none can be named.
	Servers Servers
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
	library  *library       // the dialog of models; nil while it is closed
	upscale  *upscaleDialog // likewise
	gridding *gridDialog    // likewise
	gridSent string         // the id of the grid whose pictures were asked for last
	opened   *app.Notice    // what was told of the file that was opened last
	tree     *treeView      // likewise: what came from what
	large    *history       // in the canvas's place; nil while that is closed
	status   *status
	strip    *strip
	empty    *emptyState
	chip     *chip
	fixItem  *fyne.MenuItem // of the main menu; enabled while there is a seam to fix

	altNote            *fyne.KeyName  // see altmenu.go
	rules              []rule         // of the menu
	recent             *fyne.MenuItem // files
	earlier            *fyne.MenuItem // earlier work
	earlierAsked       int            // how often it was listed
	maskChip           *maskChip
	runPaint           *runPaint
	pace               pace   // of the stroke under way
	ants               ants   // the dashes around the selection
	piece              *piece // what was copied last of a layer
	forward            *forwardView
	xray               *xrayView
	masking            bool            // a mask is set
	selected           bool            // something is selected
	hideMask           bool            // the user has hidden the mask
	asking             bool            // a file dialog is open
	opening            int             // counts the files that were opened
	tint               tint            // of the mask
	shelf              *fyne.Container // candidates and history
	bottom, side, left fyne.CanvasObject
	body               fyne.CanvasObject // all but panel and status
	page               *fyne.Container   // replaces body
	bare               bool              // Tab: only the canvas
	shown              bool              // its size is the user's from now on
	settings           *settingsView     // nil while the dialog is closed
	deviceFetches      map[string]*deviceFetch
	lookForCards       func() // fills the page of devices, the last that was opened
	language           string
	dialog             dialog.Dialog
	dialogOn           fyne.CanvasObject // the overlay that shows it
	masked             *app.Candidate    // the result over which the mask was painted on
	sideBySide         bool              // several results are shown as a table where there are several
	tabled             []*app.Candidate  // in the table's cells, nil where none is yet
	path               *app.Run          // that the timeline showed last
	tableOf            int               // the run that the table came with, or would have
	embeddings         *embeddingList    // the dialog; nil while it is closed
	labels             []string          // of the models, see modelLabels
	labelled           *app.ModelInfo    // the first of those that they are of
	looked             time.Time         // into the artist's folders last, because the window came to the front
	pending            app.Change
	queued             bool
	refreshed          time.Time // last
	told               time.Time // when a step's numbers were last shown
	telling            bool      // they will be
}

// New makes the window over a studio. Show it with ShowAndRun.
func New(a fyne.App, s *app.Studio, o Options) *Window {
	w := &Window{studio: s, options: o, win: a.NewWindow("Nirvana"), deviceFetches: map[string]*deviceFetch{}}
	w.win.SetIcon(fyne.NewStaticResource("nirvana.png", assets.AppIcon()))
	w.applyTheme()
	w.canvas = canvas.New()
	w.hook()
	w.canvas.SetDropper(eyedropper())
	w.altNote = pendingMenu(w.win)
	w.win.SetPadded(false)
	w.win.Resize(fyne.NewSize(1280, 800))
	if size := s.Settings.Window; size[0] > 0 && size[1] > 0 {
		w.win.Resize(fyne.NewSize(float32(size[0]), float32(size[1])))
	}
	w.win.SetOnDropped(w.droppedAt)
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
	w.runPaint = newRunPaint(w)
	w.forward = newForwardView(w)
	w.xray = newXRayView(w)

	middle := container.NewStack(w.canvas, w.chip.layer, w.empty.box, container.NewVBox(w.tools.options.box, w.runPaint.box, w.forward.box, w.xray.box, w.strip.box, w.maskChip.box))
	w.left, w.side = w.tools.box, w.panel.box
	w.bottom = container.NewVBox(w.timeline.box, container.New(&insetLayout{left: 12, bottom: 4}, w.shelf))
	w.body, w.page, w.large, w.tree = container.NewBorder(nil, w.bottom, w.left, nil, middle), container.NewStack(), nil, nil
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
	a.Lifecycle().SetOnEnteredForeground(w.lookAgain)
	dropStopHook(a.Lifecycle())
	w.win.ShowAndRun()
}

// fitScreen makes the window no larger than the screen, which a large scale could.
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

// dropStopHook removes Fyne's own work at the end, which saves preferences, which we do not use. Fyne 2.8 passes it
// to the main loop while that stops: the loop may miss it, and then the program waits for it for ever.
func dropStopHook(l fyne.Lifecycle) {
	if l, ok := l.(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// relay lays the window out again after something in it has become higher or lower.
func (w *Window) relay() {
	if w.bottom != nil {
		w.bottom.Refresh()
		w.body.Refresh()
	}
}

// Fyne is the window itself.
func (w *Window) Fyne() fyne.Window { return w.win }

// observe collects changes: however many come at once, the window is refreshed once, and for a run's steps, of which
// a small model makes more than a screen shows, once a frame.
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
			if v := w.settings; v != nil { // the dialog goes on in the new language
				w.closeTop()
				w.settings = &settingsView{page: v.page}
				w.showSettingsPage()
			}
			return
		}
	}
	if c&(app.ChangedTray|app.ChangedRun|app.ChangedStep) != 0 {
		w.letGo()
	}
	w.beginTable()
	w.xray.refresh(c)
	w.forward.refresh(c)
	w.showCanvas(c)
	if c == app.ChangedStep && w.tellLater() {
		w.timeline.tick()
		w.panel.progress.set(w.studio.Run().Progress())
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
	if w.upscale != nil && c&app.ChangedModel != 0 {
		w.upscale.show()
	}
	if w.gridding != nil {
		w.gridding.refresh(c)
	}
	if w.tree != nil {
		w.tree.refresh(c)
	}
	if w.settings != nil && w.settings.folders != nil && c&(app.ChangedModel|app.ChangedSettings) != 0 {
		w.settings.folders.show()
	}
	if w.large != nil {
		w.large.refresh(c)
		w.large.strip.refresh(c)
	}
	if v := w.settings; v != nil && v.colors != nil {
		v.colors.set(w.studio.Settings.MaskColor)
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
	w.runPaint.refresh(c)
	if c&app.ChangedNotice != 0 { // it reports what is new there
		w.fillEarlier()
	}
	w.showMenu()
	if c&(app.ChangedPicture|app.ChangedUndo|app.ChangedFrame|app.ChangedTray) != 0 {
		w.title()
	}
}

// tellEvery is how often numbers that change with every step of a run are updated: faster they could not be read.
const tellEvery = 100 * time.Millisecond

// tellLater reports that a step's numbers may wait, and schedules their update.
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

// light reports which theme is shown: Fyne's variable FYNE_THEME overrides the menu's choice.
func (w *Window) light() bool {
	if t := os.Getenv("FYNE_THEME"); t != "" {
		return t == "light"
	}
	return w.studio.Settings.Theme == "light"
}

// applyTheme reports whether the theme has changed.
func (w *Window) applyTheme() bool {
	light := w.light()
	want := palette{light, w.studio.Settings.Contrast}
	if p, ok := fyne.CurrentApp().Settings().Theme().(palette); !ok || p != want {
		fyne.CurrentApp().Settings().SetTheme(want)
		return true
	}
	return false
}
