package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// library is the dialog of models: the existing ones, and downloads.
type library struct {
	w          *Window
	rows       *fyne.Container
	downloads  *fyne.Container
	name       *entry
	shown      []*app.Download
	emptyTrash *button
	bars       []*downloadRow
	strip      *strip // of the dialog: what is behind it takes no clicks
}

// showModels opens the dialog.
func (w *Window) showModels() {
	l := &library{w: w, rows: container.NewVBox(), downloads: container.NewVBox(), name: w.entry(), strip: newStrip(w)}
	l.name.SetPlaceHolder(say("owner/name (/file.safetensors)"))
	l.name.OnSubmitted = func(string) { l.fetch() }
	get := l.w.pushButton(say("Fetch"), icon("import"), l.fetch)
	get.Importance = widget.HighImportance
	add := l.w.pushButton(say("Add a folder..."), icon("folder-open"), w.addModel)
	addFile := l.w.pushButton(say("Add a checkpoint..."), icon("folder-open"), w.addCheckpoint)
	l.emptyTrash = l.w.pushButton("", icon("trash"), w.studio.EmptyTrash)
	l.emptyTrash.Importance = widget.LowImportance
	foot := container.NewVBox(l.strip.box, l.downloads, container.NewHBox(l.emptyTrash), line(), container.NewBorder(nil, nil, widget.NewLabel(say("From the Hugging Face hub")), container.NewHBox(get, add, addFile), l.name))
	body := container.NewBorder(nil, foot, nil, nil, container.NewVScroll(l.rows))
	w.library = l
	l.refresh()
	d := w.custom(say("Models"), body)
	d.SetOnClosed(func() {
		w.library = nil
		w.observe(app.ChangedNotice)
	})
	w.observe(app.ChangedNotice)
	w.show(d)
	size := w.win.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 860), min(size.Height-80, 600)))
}

func (l *library) fetch() {
	if l.name.Text != "" {
		l.w.studio.Fetch(l.name.Text)
		l.name.SetText("")
	}
}

func (l *library) refresh() {
	l.rows.Objects = nil
	labels := modelLabels(l.w.studio.Models)
	for i, m := range l.w.studio.Models {
		if i > 0 {
			l.rows.Add(line())
		}
		l.rows.Add(l.row(m, labels[i]))
	}
	l.starters()
	l.rows.Refresh()
	size := l.w.studio.TrashSize()
	visible(l.emptyTrash, size > 0)
	l.emptyTrash.SetText(sayf("Delete the removed models for good (%s)", bytesText(size)))
	l.showDownloads()
}

// starters are models worth starting with, below the existing ones.
func (l *library) starters() {
	all := l.w.studio.Starters()
	if len(all) == 0 {
		return
	}
	l.rows.Add(line())
	l.rows.Add(widget.NewLabelWithStyle(say("Worth starting with"), fyne.TextAlignLeading, fyne.TextStyle{Italic: true}))
	for _, st := range all {
		title := widget.NewLabelWithStyle(st.Name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		good := widget.NewLabel(say(st.GoodFor))
		good.Truncation = fyne.TextTruncateEllipsis
		facts := widget.NewLabel(sayf("%s to fetch", bytesText(st.Bytes)) + "  ·  " + sayf("licence %s", st.Licence) + "  ·  " + sayf("needs about %s of memory", bytesText(st.Memory)))
		facts.Truncation, facts.Importance = fyne.TextTruncateEllipsis, widget.LowImportance
		get := l.w.pushButton(say("Fetch"), icon("import"), func() {
			l.w.studio.Fetch(st.Reference)
			l.refresh()
		})
		text := container.New(layout.NewCustomPaddedVBoxLayout(-8), title, good, facts)
		l.rows.Add(container.NewBorder(nil, nil, nil, container.NewCenter(get), text))
	}
}

// row is one model: what it is, whether it fits into memory, and its actions.
func (l *library) row(m app.ModelInfo, label string) fyne.CanvasObject {
	s := l.w.studio
	chosen, _ := s.Chosen()
	inUse := m.Dir == chosen.Dir
	title := widget.NewLabelWithStyle(label, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Truncation = fyne.TextTruncateEllipsis
	facts := widget.NewLabel(modelFacts(m))
	facts.Truncation = fyne.TextTruncateEllipsis
	fits := widget.NewLabel(sayf("needs about %s of memory: fits", bytesText(m.Memory)))
	fits.Importance = widget.LowImportance
	if !s.Fits(m) {
		fits.SetText(sayf("needs about %s of memory: does not fit this machine", bytesText(m.Memory)))
		fits.Importance = widget.WarningImportance
	}
	use := l.w.pushButton(say("Use"), nil, func() { s.Open(m.Dir); l.refresh() })
	if inUse {
		use.SetText(say("In use"))
		use.Disable()
	}
	tips := l.w.tips
	buttons := container.NewHBox(use, tips.button("check", "Check its files", func() { s.CheckModel(m) }))
	if m.Fetched {
		buttons.Add(tips.button("reset", "Repair: fetch damaged files again", func() { s.RepairModel(m) }))
	}
	if l.w.options.OpenFolder != nil {
		buttons.Add(tips.button("folder-open", "Show its folder", func() { l.w.showFolder(m.Dir) }))
	}
	remove := tips.button("trash", "Remove", func() { s.RemoveModel(m) })
	if m.Shipped {
		remove.Disable()
	}
	buttons.Add(remove)
	text := container.New(layout.NewCustomPaddedVBoxLayout(-8), title, facts, fits)
	return container.NewBorder(nil, nil, nil, container.NewCenter(buttons), text)
}

// modelLabels are the models' names; a later one with the same name has as much of its folder as distinguishes them.
func modelLabels(models []app.ModelInfo) []string {
	var labels []string
	for _, m := range models {
		label, parts := m.Name, strings.Split(filepath.ToSlash(m.Dir), "/")
		for n := len(parts) - 1; n >= 0 && slices.Contains(labels, label); n-- {
			label = m.Name + "  ·  " + strings.Join(parts[n:], "/")
		}
		labels = append(labels, label)
	}
	return labels
}

// modelFacts is kind, size on the disk, resolution and licence in one line.
func modelFacts(m app.ModelInfo) string {
	text := bytesText(m.Bytes)
	if m.Kind != "" {
		kind := m.Kind // a family's name, or what it generates
		if kind == "unconditional" || kind == "text to image" {
			kind = say(m.Kind)
		}
		text = kind + "  ·  " + text
	}
	if m.Width > 0 {
		text += "  ·  " + fmt.Sprintf("%d x %d px", m.Width, m.Height)
	}
	licence := say("licence not stated")
	if m.Licence != "" {
		licence = sayf("licence %s", m.Licence)
	}
	return text + "  ·  " + licence
}

// bytesText is a readable size.
func bytesText(n int64) string {
	if n >= 1e9 {
		return sayf("%.1f GB", float64(n)/1e9)
	}
	return sayf("%d MB", (n+500_000)/1_000_000)
}

// downloadRow is one download.
type downloadRow struct {
	box      *fyne.Container
	says     *widget.Label
	progress *thinBar
	token    *fyne.Container
	again    *button
}

func (l *library) showDownloads() {
	all := l.w.studio.Downloads
	if !sameDownloads(l.shown, all) {
		l.shown = append([]*app.Download(nil), all...)
		l.bars, l.downloads.Objects = nil, nil
		for _, d := range all {
			r := l.newDownload(d)
			l.bars = append(l.bars, r)
			l.downloads.Add(r.box)
		}
		l.downloads.Refresh()
	}
	for i, d := range all {
		l.bars[i].show(d, l.w.studio)
	}
}

func sameDownloads(a, b []*app.Download) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (l *library) newDownload(d *app.Download) *downloadRow {
	s := l.w.studio
	r := &downloadRow{says: widget.NewLabel(""), progress: newThinBar()}
	r.says.Wrapping = fyne.TextWrapWord
	r.again = l.w.pushButton(say("Try again"), nil, func() { s.Fetch(d.Name) })
	token := l.w.entry()
	token.Password = true
	token.SetPlaceHolder(say("Access token"))
	keep := l.w.pushButton(say("Keep it in the system's keyring"), nil, func() {
		s.KeepToken(token.Text)
		token.SetText("")
		s.Fetch(d.Name)
	})
	r.token = container.NewBorder(nil, nil, nil, keep, token)
	cancel := l.w.tips.button("discard", "Cancel. The part that is here is kept.", func() { s.CancelFetch(d) })
	r.box = container.NewVBox(container.NewBorder(nil, nil, nil, container.NewCenter(container.NewHBox(r.again, cancel)), r.says), r.progress.box, r.token)
	return r
}

func (r *downloadRow) show(d *app.Download, s *app.Studio) {
	visible(r.again, d.Err != nil && !d.Locked)
	visible(r.token, d.Locked)
	p := d.Progress
	switch {
	case d.Err != nil:
		r.says.SetText(d.Name + ": " + s.Advice(d.Err))
	case p.Bytes == 0 && d.Repairs:
		r.says.SetText(sayf("%s: checking its files ...", d.Name))
	case p.Bytes == 0:
		r.says.SetText(sayf("%s: asking the hub ...", d.Name))
	case p.Notice != "":
		r.says.SetText(sayf("%s: %s; trying again", d.Name, s.Waits(d)))
	default:
		r.says.SetText(sayf("%s: %s of %s, %s a second", d.Name, bytesText(p.Done), bytesText(p.Bytes), bytesText(int64(p.PerSecond))))
	}
	if p.Bytes > 0 {
		r.progress.set(float64(p.Done) / float64(p.Bytes))
	}
}
