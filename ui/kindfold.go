package ui

import (
	"path/filepath"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"nirvana/app"
	"nirvana/engine"
)

// kindRows are the settings of some kinds of models, shown for those only.
type kindRows struct {
	box                       *fyne.Container
	image, truth, score, clip *number // clip is in the fold Advanced
	depth                     *button
	depthRow                  *fyne.Container
	refiner                   *selector
	refinerRow                *fyne.Container
	refinerAt                 *number
	sizes                     *fold
	originalW, originalH      *numberEntry
	cropLeft, cropTop         *numberEntry
	w                         *Window
	refinerNames, refinerDirs []string
	setting                   bool
}

func newKindRows(p *panel) *kindRows {
	k := &kindRows{w: p.w}
	k.image = p.column.number("Image CFG", "", 1, 5, 0.05, 2, func() float64 { return 1.5 }, func(v float64) { k.set(func(t *app.Settings) { t.ImageGuidance = float32(v) }) })
	k.truth = p.column.number("True CFG", "", 1, 10, 0.1, 1, func() float64 { return 1 }, func(v float64) { k.set(func(t *app.Settings) { t.TrueGuidance = float32(v) }) })
	k.score = p.column.number("Aesthetics", "", 1, 10, 0.1, 1, func() float64 { return 6 }, func(v float64) { k.set(func(t *app.Settings) { t.Aesthetic = float32(v) }) })
	k.clip = p.column.number("Clip skip", "", 0, 11, 1, 0, func() float64 { return 0 }, func(v float64) { k.set(func(t *app.Settings) { t.ClipSkip = int(v) }) })
	k.depth = k.w.pushButton("", icon("import"), k.chooseDepth)
	k.depthRow = p.column.row("Depth map", k.depth, nil)
	k.refiner = k.w.selector(nil, func(string) {
		k.set(func(t *app.Settings) { t.Refiner = k.refinerDirs[max(k.refiner.SelectedIndex(), 0)] })
	})
	k.refinerRow = p.column.row("Refiner", k.refiner, nil)
	k.refinerAt = p.column.number("From", "", 0.05, 0.95, 0.05, 2, func() float64 { return 0.8 }, func(v float64) { k.set(func(t *app.Settings) { t.RefinerAt = float32(v) }) })
	pair := func(a, b **numberEntry, put func(*app.Settings, int, int)) *fyne.Container {
		field := func() *numberEntry {
			e := p.w.numberEntry(func(string) bool {
				k.set(func(t *app.Settings) { put(t, whole((*a).Text), whole((*b).Text)) })
				return true
			})
			e.SetPlaceHolder(say("auto"))
			return e
		}
		*a, *b = field(), field()
		return container.NewHBox(p.column.field(64, *a), p.column.field(64, *b))
	}
	original := pair(&k.originalW, &k.originalH, func(t *app.Settings, w, h int) { t.OriginalWidth, t.OriginalHeight = w, h })
	crop := pair(&k.cropLeft, &k.cropTop, func(t *app.Settings, x, y int) { t.CropLeft, t.CropTop = x, y })
	k.sizes = p.w.fold("Size conditioning", false, spaced(p.column.row("Original", original, nil), p.column.row("Cropped by", crop, nil)))
	k.box = container.NewVBox(k.image.box, k.truth.box, k.score.box, k.depthRow, k.refinerRow, k.refinerAt.box, k.sizes.box)
	return k
}

// whole is a number typed into a field, 0 for none.
func whole(s string) int {
	v, _ := readNumber(s)
	return int(min(max(v, 0), 1<<20))
}

func (k *kindRows) set(change func(*app.Settings)) {
	if !k.setting {
		k.w.studio.Set(change)
	}
}

func (k *kindRows) chooseDepth() {
	k.w.ask(func(folder string) (string, error) {
		return k.w.options.Dialogs.OpenFile(say("Choose a depth map"), folder, pictures.said())
	}, k.w.studio.SetDepth)
}

// show shows the settings that the open model has.
func (k *kindRows) show(f engine.Facts, t app.Settings) {
	k.setting = true
	defer func() { k.setting = false }()
	visible(k.image.box, f.PictureGuided)
	visible(k.clip.box, f.ClipSkip)
	k.clip.Set(float64(t.ClipSkip))
	visible(k.truth.box, f.TrueGuided)
	visible(k.score.box, f.Refiner)
	visible(k.depthRow, f.Depth)
	visible(k.sizes.box, f.Sizes)
	k.image.Set(float64(t.ImageGuidance))
	k.truth.Set(float64(t.TrueGuidance))
	k.score.Set(float64(t.Aesthetic))
	k.depth.SetText(say("Choose ..."))
	if t.DepthFile != "" {
		k.depth.SetText(filepath.Base(t.DepthFile))
	}
	for _, e := range []struct {
		entry *numberEntry
		value int
	}{{k.originalW, t.OriginalWidth}, {k.originalH, t.OriginalHeight}, {k.cropLeft, t.CropLeft}, {k.cropTop, t.CropTop}} {
		text := ""
		if e.value != 0 {
			text = strconv.Itoa(e.value)
		}
		e.entry.show(text)
	}
	k.showRefiner(f, t)
	visible(k.box, slices.ContainsFunc(k.box.Objects, fyne.CanvasObject.Visible)) // an empty one would leave a gap
}

func (k *kindRows) showRefiner(f engine.Facts, t app.Settings) {
	k.refinerNames, k.refinerDirs = []string{say("None")}, []string{""}
	for _, m := range k.w.studio.Models {
		if m.Refiner {
			k.refinerNames, k.refinerDirs = append(k.refinerNames, m.Name), append(k.refinerDirs, m.Dir)
		}
	}
	on := f.Sizes && len(k.refinerDirs) > 1
	visible(k.refinerRow, on)
	visible(k.refinerAt.box, on && t.Refiner != "")
	k.refiner.SetOptions(k.refinerNames)
	k.refiner.SetSelectedIndex(max(slices.Index(k.refinerDirs, t.Refiner), 0))
	k.refinerAt.Set(float64(t.RefinerAt))
}
