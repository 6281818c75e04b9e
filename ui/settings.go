package ui

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// scales are the possible sizes of the whole window, percent; 0: the system's. Fyne rounds to tenths.
var scales = []int{0, 80, 90, 100, 110, 120, 130, 150, 180, 200, 250, 300}

// deviceNames are the names of ONNX Runtime's providers as shown.
var deviceNames = map[string]string{"cpu": "CPU", "cuda": "CUDA", "tensorrt": "TensorRT", "directml": "DirectML", "coreml": "Core ML", "openvino": "OpenVINO", "webgpu": "WebGPU"}

// settingsView is the dialog of what is kept for every start. All of it works at once, but for the window's size.
type settingsView struct {
	colors  *swatches
	page    string
	serve   *servePage  // on its page; else nil
	folders *folderRows // likewise
}

// settingsPages are the dialog's, in its order.
var settingsPages = []string{"Window", "Model folders", "Device", "Other programs", "Servers"}

// showSettings opens the dialog on its first page.
func (w *Window) showSettings() {
	if w.settings == nil {
		w.settings = &settingsView{page: settingsPages[0]}
		w.showSettingsPage()
	}
}

func (w *Window) showSettingsPage() {
	v := w.settings
	body := container.NewStack()
	fill := func(page string) {
		v.page, v.serve, v.folders = page, nil, nil
		c := &column{w: w}
		c.scroll = container.NewVScroll(nil)
		switch page {
		case "Model folders":
			v.folders = newFolderRows(w)
			c.scroll.Content = v.folders.box
		case "Device":
			c.scroll.Content = w.devicePage(c)
		case "Other programs":
			c.scroll.Content = w.serveSettings(c)
		case "Servers":
			c.scroll.Content = w.serversPage(c)
		default:
			c.scroll.Content = w.windowPage(c)
		}
		c.scroll.Content = container.New(layout.NewCustomPaddedLayout(0, 0, 0, theme.ScrollBarSize()), c.scroll.Content) // fields end before the bar
		body.Objects = []fyne.CanvasObject{c.scroll}
		body.Refresh()
	}
	pages := w.choice(settingsPages, nil, fill)
	pages.set(v.page)
	fill(v.page)
	d := w.custom(say("Settings"), container.NewBorder(container.NewVBox(container.NewHBox(pages.box), line()), nil, nil, nil, body))
	d.SetOnClosed(func() { w.settings = nil })
	w.show(d)
	size := w.win.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 620), min(size.Height-60, 580)))
}

// windowPage is how the window looks, and where the pictures are.
func (w *Window) windowPage(c *column) fyne.CanvasObject {
	set := func(change func(*app.Settings)) { w.studio.Set(change) }
	language := w.languageSelect()
	t := w.studio.Settings
	looks := w.selector([]string{say("Dark"), say("Light")}, nil)
	looks.SetSelectedIndex(slices.Index(themes, t.Theme))
	looks.OnChanged = func(string) { set(func(t *app.Settings) { t.Theme = themes[max(looks.SelectedIndex(), 0)] }) }
	contrast := w.checkBox(say("High contrast"), nil)
	contrast.SetChecked(t.Contrast)
	contrast.OnChanged = func(on bool) { set(func(t *app.Settings) { t.Contrast = on }) }
	colors := w.swatches(maskColors, func(c color.NRGBA) { set(func(t *app.Settings) { t.MaskColor = c }) })
	colors.set(t.MaskColor)
	w.settings.colors = colors
	note := widget.NewLabel(say("The size changes at the next start."))
	if scale := w.options.Scale; scale != "" {
		note.SetText(sayf("FYNE_SCALE=%s in the environment sets the size. The choice here acts when it is not set.", scale))
	}
	note.Importance, note.Wrapping = widget.LowImportance, fyne.TextWrapWord
	folder := widget.NewLabel(w.studio.History.Folder())
	folder.Truncation = fyne.TextTruncateEllipsis
	show := w.tips.button("folder-open", "Show its folder", func() { w.showFolder(w.studio.History.Folder()) })
	return spaced(c.row("Language", language, nil), c.row("Theme", looks, contrast), c.row("Size", w.scaleSelect(), nil), c.under(note), c.row("Mask", container.NewHBox(colors.box), nil),
		line(), c.row("Folder", folder, show), c.keptSteps())
}

var themes = []string{"dark", "light"}

func (w *Window) languageSelect() *selector {
	tags, names := []string{""}, []string{say("System")}
	for _, l := range languages() {
		tags, names = append(tags, l.tag), append(names, l.name)
	}
	s := w.selector(names, nil)
	s.SetSelectedIndex(max(slices.Index(tags, w.studio.Settings.Language), 0))
	s.OnChanged = func(string) { w.chooseLanguage(tags[max(s.SelectedIndex(), 0)]) }
	return s
}

func (w *Window) scaleSelect() *selector {
	var names []string
	for _, v := range scales {
		name := fmt.Sprintf("%d %%", v)
		if v == 0 {
			name = say("Automatic")
		}
		names = append(names, name)
	}
	s := w.selector(names, nil)
	s.SetSelectedIndex(max(slices.Index(scales, w.studio.Settings.Scale), 0))
	s.OnChanged = func(string) {
		w.studio.Set(func(t *app.Settings) { t.Scale = scales[max(s.SelectedIndex(), 0)] })
	}
	return s
}

// deviceSelect offers what the library was built with. Whether one works here is known when the model is opened,
// which falls back with a notice.
func (w *Window) deviceSelect() *selector {
	s := w.selector(nil, nil)
	offer := func(ids []string) {
		var names []string
		for _, id := range ids {
			name, ok := deviceNames[id]
			switch {
			case id == "auto":
				name = say("Fastest")
			case !ok:
				name = strings.ToUpper(id)
			}
			names = append(names, name)
		}
		s.OnChanged = nil // what is set is shown, not chosen
		s.SetOptions(names)
		s.SetSelectedIndex(len(ids) - 1)
		if i := slices.Index(ids, w.studio.Settings.Device); i >= 0 {
			s.SetSelectedIndex(i)
		}
		s.OnChanged = func(string) {
			id := ids[max(s.SelectedIndex(), 0)]
			if id == "cpu" {
				id = ""
			}
			w.studio.Set(func(t *app.Settings) { t.Device = id })
		}
	}
	known := []string{"cpu"}
	if set := w.studio.Settings.Device; set != "" {
		known = []string{set, "cpu"}
	}
	offer(known)
	if w.options.Devices != nil {
		w.beside(func() func() { // the library loads its providers to name them
			ids := w.options.Devices()
			return func() { offer(ids) }
		})
	}
	return s
}

// sizeWatch lays the whole window out and records its size for the next start.
type sizeWatch struct{ w *Window }

func (l *sizeWatch) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (l *sizeWatch) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, c := range o {
		c.Move(fyne.Position{})
		c.Resize(s)
	}
	w := l.w
	size := w.win.Canvas().Size()
	if got := [2]int{int(size.Width), int(size.Height)}; w.shown && got != w.studio.Settings.Window {
		w.studio.Set(func(t *app.Settings) { t.Window = got })
	}
}
