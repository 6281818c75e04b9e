package ui

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/files"
	"nirvana/app/settings"
	"nirvana/engine"
	"nirvana/ui/canvas"
)

// regionFold has the parts of the picture with words of their own.
type regionFold struct {
	w       *Window
	fold    *fold
	rows    [engine.MaxRegions]*regionRow
	more    *tipButton
	mode    *choice
	how     *fyne.Container // the choice of the mode
	mixed   *widget.Label   // instead of it, where the model leaves none
	setting bool
	chosen  int                    // the region whose words or weight had the keyboard last; -1: none
	places  map[string]*image.Gray // the masks by their files; nil: being read, or cannot be
}

// regionModes are the buttons' choices as a request has them.
var regionModes = map[string]string{"Attention": engine.RegionAttention, "Mixed": engine.RegionPrediction}

type regionRow struct {
	box    *fyne.Container
	words  *entry
	weight *numberEntry
}

func newRegionFold(p *panel) *regionFold {
	f := &regionFold{w: p.w, chosen: -1, places: map[string]*image.Gray{}}
	var all []fyne.CanvasObject
	for k := range f.rows {
		f.rows[k] = newRegionRow(f, p, k)
		all = append(all, f.rows[k].box)
	}
	f.more = p.w.tips.action(say("New region from the mask"), "Mask where it is, then press this and write its words", f.add)
	f.mode = p.w.choice([]string{"Attention", "Mixed"}, []string{"Masks on the network's attention to the prompt: the parts fit together, and a step takes little longer",
		"The network is evaluated once more for each region and the predictions are mixed: stricter, and slower"}, func(name string) {
		p.set(func(t *app.Settings) { t.RegionMode = regionModes[name] })
	})
	f.how = container.New(layout.NewCustomPaddedVBoxLayout(0), p.w.tips.label(say("Regions by"), ""), container.NewHBox(f.mode.box)) // beside each other they are too wide in some languages
	f.mixed = widget.NewLabel(say("By mixed predictions: the attention of this model takes no masks."))
	f.mixed.Wrapping, f.mixed.Importance = fyne.TextWrapWord, widget.LowImportance
	f.fold = p.w.fold("Regions", false, spaced(append(all, f.how, f.mixed, container.NewHBox(f.more))...))
	return f
}

func newRegionRow(f *regionFold, p *panel, k int) *regionRow {
	w, r := f.w, &regionRow{}
	r.words = w.entry()
	r.words.SetPlaceHolder(say("What should be there?"))
	r.words.OnChanged = func(text string) { f.set(k, func(g *settings.Region) { g.Prompt = text }) }
	r.weight = w.numberEntry(func(text string) bool {
		v, ok := readNumber(text)
		if ok = ok && v > 0 && v <= 10; ok {
			f.set(k, func(g *settings.Region) { g.Weight = float32(v) })
		}
		return ok
	})
	r.words.gained = func() { f.choose(k) }
	r.weight.gained = r.words.gained
	show := w.tips.button("eye", "Show where the region is, as the mask", func() { f.show(k) })
	anew := w.tips.button("import", "Take the mask as this region", func() { f.take(func(file string) { f.set(k, func(g *settings.Region) { g.File = file }) }) })
	drop := w.tips.button("minus", "Remove this region", func() {
		w.studio.Set(func(t *app.Settings) { t.Regions = slices.Delete(slices.Clone(t.Regions), k, k+1) })
		f.choose(-1)
	})
	number := widget.NewLabel(strconv.Itoa(k + 1))
	r.box = container.NewVBox(container.NewBorder(nil, nil, number, nil, r.words), container.NewHBox(w.tips.label(say("Weight"), explained["Region"]), p.column.field(numberWidth, r.weight), show, anew, drop))
	return r
}

// set changes one region's settings, unless the panel is being refreshed.
func (f *regionFold) set(k int, change func(*settings.Region)) {
	if f.setting {
		return
	}
	f.w.studio.Set(func(t *app.Settings) {
		if t.Regions = slices.Clone(t.Regions); k < len(t.Regions) {
			change(&t.Regions[k])
		}
	})
}

// refresh shows what is set.
func (f *regionFold) refresh(s *app.Studio) {
	f.setting = true
	defer func() { f.setting = false }()
	visible(f.fold.box, s.Facts.Text || s.Facts.Name == "")
	all := s.Settings.Regions
	title := say("Regions")
	if len(all) > 0 { // they act while the fold is closed, too
		title = sayf("Regions: %d", len(all))
	}
	if f.fold.button.Text != title {
		f.fold.button.SetText(title)
	}
	for k, r := range f.rows {
		visible(r.box, k < len(all))
		if k >= len(all) {
			continue
		}
		if r.words.Text != all[k].Prompt {
			r.words.SetText(all[k].Prompt)
		}
		weight := all[k].Weight
		if weight == 0 {
			weight = 1
		}
		r.weight.show(localPoint(fmt.Sprint(weight)))
	}
	f.mode.set("Attention")
	if s.Settings.RegionMode == engine.RegionPrediction {
		f.mode.set("Mixed")
	}
	visible(f.how, len(all) > 0 && s.Facts.RegionAttention)
	visible(f.mixed, len(all) > 0 && s.Facts.Text && !s.Facts.RegionAttention)
	visible(f.more, len(all) < len(f.rows))
}

// add makes a region of what is masked.
func (f *regionFold) add() {
	f.take(func(file string) {
		f.w.studio.Set(func(t *app.Settings) { t.Regions = append(slices.Clone(t.Regions), settings.Region{File: file}) })
		f.choose(len(f.w.studio.Settings.Regions) - 1)
	})
}

// sheet makes an empty document a transparent one, which can be masked; a run of it is of the prompt alone, as before.
func (f *regionFold) sheet() {
	if d := f.w.studio.Document; d.Picture == nil && f.w.studio.Tray.Current() == nil {
		d.Set(image.NewRGBA(image.Rectangle{Max: d.Frame.Size()}))
	}
}

// take writes the mask into a file of its own, and clears it.
func (f *regionFold) take(then func(file string)) {
	w := f.w
	d := w.studio.Document
	f.sheet()
	if !d.Masked() || w.options.Home == "" {
		w.studio.Tell(&app.Notice{Headline: say("Mask first where the region is"), Advice: say("Brush, lasso and shapes make the mask; then take it as a region.")})
		return
	}
	folder := filepath.Join(w.options.Home, "regions")
	file, err := newFile(folder)
	if err != nil {
		w.studio.Fail("The region was not kept", err, "", nil)
		return
	}
	write := d.MaskWriter(file)
	w.readBeside(func() (func(), error) {
		return func() {
			w.studio.Dismiss()
			d.Clear()
			then(file)
		}, write()
	}, "The region was not kept")
}

// newFile is a name that no file in a folder has.
func newFile(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		file := filepath.Join(folder, fmt.Sprintf("region %d.png", n))
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return file, nil
		} else if err != nil {
			return "", err
		}
	}
}

// show loads a region's place into the mask.
func (f *regionFold) show(k int) {
	all := f.w.studio.Settings.Regions
	if k < len(all) && all[k].File != "" {
		f.w.readBeside(f.w.studio.Document.MaskReader(all[k].File), "The mask cannot be loaded")
	}
}

// choose has one region's outline clearer than the others'; -1: none.
func (f *regionFold) choose(k int) {
	if f.chosen != k {
		f.chosen = k
		f.w.showCanvas(app.ChangedSettings)
	}
}

// outlines are the regions that the canvas outlines: all of them while their settings are in view.
func (f *regionFold) outlines() (out []canvas.Region) {
	d, all := f.w.studio.Document, f.w.studio.Settings.Regions
	maps.DeleteFunc(f.places, func(file string, _ *image.Gray) bool {
		return !slices.ContainsFunc(all, func(g settings.Region) bool { return g.File == file })
	})
	if !f.fold.box.Visible() || !f.fold.body.Visible() || f.w.bare {
		return nil
	}
	for k, g := range all {
		mask, known := f.places[g.File]
		if !known {
			f.read(g.File)
			mask = f.places[g.File]
		}
		if mask == nil {
			continue
		}
		at := d.Frame // as a run takes it: of another size than the picture, it is scaled to the frame
		if mask.Rect.Size() == d.Size() {
			at = d.Bounds()
		}
		out = append(out, canvas.Region{Mask: mask, At: at, Chosen: k == f.chosen})
	}
	return out
}

// read reads a region's mask in the background. One that cannot be read has no outline; the run reports the error.
func (f *regionFold) read(file string) {
	f.places[file] = nil
	f.w.beside(func() func() {
		mask, err := files.Mask(file)
		if err != nil {
			return func() {}
		}
		return func() {
			if _, wanted := f.places[file]; wanted {
				f.places[file] = mask
				f.w.showCanvas(app.ChangedSettings)
			}
		}
	})
}
