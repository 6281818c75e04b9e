package ui

import (
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine/fault"
)

// library is the dialog of models: those that are there, and those on their way. There may be thousands: the list draws
// what is seen.
type library struct {
	w          *Window
	search     *entry
	list       *list
	rows       []libraryRow // what the search leaves
	heading    int          // the row "Worth starting with"; -1: none
	found      *widget.Label
	downloads  *fyne.Container
	name       *entry
	shown      []*app.Download
	emptyTrash *button
	bars       []*downloadRow
	made       int    // lines, for the list
	strip      *strip // of the dialog: what is behind it takes no clicks
}

// libraryRow is a line of the list: a model, a starter, or the words over those.
type libraryRow struct {
	model   *app.ModelInfo
	label   string
	starter *app.Starter
}

// showModels opens the dialog.
func (w *Window) showModels() {
	l := &library{w: w, search: w.entry(), downloads: container.NewVBox(), found: widget.NewLabel(""), name: w.entry(), strip: newStrip(w), heading: -1}
	l.search.SetPlaceHolder(say("Search"))
	l.search.OnChanged = func(string) { l.fill() }
	l.found.Importance = widget.LowImportance
	l.list = w.list(func() int { return len(l.rows) }, func() fyne.CanvasObject { return newModelLine(l) },
		func(i int, o fyne.CanvasObject) { o.(*modelLine).show(l.rows[i]) })
	l.list.OnSelected = func(int) { l.list.UnselectAll() }
	l.name.SetPlaceHolder(say("owner/name (/file.safetensors)"))
	l.name.OnSubmitted = func(string) { l.fetch() }
	get := l.w.pushButton(say("Fetch"), icon("import"), l.fetch)
	get.Importance = widget.HighImportance
	add := l.w.pushButton(say("Add a folder..."), icon("folder-open"), w.addModel)
	addFile := l.w.pushButton(say("Add a checkpoint..."), icon("folder-open"), w.addCheckpoint)
	l.emptyTrash = l.w.pushButton("", icon("trash"), w.studio.EmptyTrash)
	l.emptyTrash.Importance = widget.LowImportance
	foot := container.NewVBox(l.strip.box, l.downloads, container.NewHBox(l.emptyTrash), line(), container.NewBorder(nil, nil, widget.NewLabel(say("From the Hugging Face hub")), container.NewHBox(get, add, addFile), l.name))
	body := container.NewBorder(container.NewBorder(nil, nil, nil, l.found, l.search), foot, nil, nil, l.list)
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
	w.win.Canvas().Focus(l.search)
	w.studio.Rescan() // folders of which no changes are told
}

func (l *library) fetch() {
	if l.name.Text != "" {
		l.w.studio.Fetch(l.name.Text)
		l.name.SetText("")
	}
}

func (l *library) refresh() {
	l.fill()
	size := l.w.studio.TrashSize()
	visible(l.emptyTrash, size > 0)
	l.emptyTrash.SetText(sayf("Delete the removed models for good (%s)", bytesText(size)))
	l.showDownloads()
}

// fill lists what has every word of the search in its name, kind or folder; under it models worth starting with.
func (l *library) fill() {
	models, labels := l.w.studio.Models, l.w.modelLabels()
	words := strings.Fields(strings.ToLower(l.search.Text))
	l.rows = l.rows[:0]
	for i := range models {
		m := &models[i]
		if len(words) == 0 || hasWords(strings.ToLower(labels[i]+" "+m.Kind+" "+m.Dir), words) {
			l.rows = append(l.rows, libraryRow{model: m, label: labels[i]})
		}
	}
	l.found.SetText(modelsSaid(len(l.rows)))
	var starters []libraryRow
	for _, st := range l.w.studio.Starters() {
		if hasWords(strings.ToLower(st.Name+" "+say(st.GoodFor)), words) {
			starters = append(starters, libraryRow{starter: &st})
		}
	}
	heading := -1
	if len(starters) > 0 {
		heading = len(l.rows)
		l.rows = append(append(l.rows, libraryRow{label: say("Worth starting with")}), starters...)
	}
	l.setHeading(heading)
	l.list.Refresh()
}

// setHeading gives the heading's row the height of a line, and the one that was it a model's; -1: there is none.
func (l *library) setHeading(row int) {
	if l.heading >= 0 && l.heading != row {
		l.list.SetItemHeight(l.heading, newModelLine(l).MinSize().Height)
	}
	if l.heading = row; row >= 0 {
		l.list.SetItemHeight(row, l.found.MinSize().Height)
	}
}

// modelsSaid is a number of models in words.
func modelsSaid(n int) string {
	if n == 1 {
		return say("One model")
	}
	return sayf("%d models", n)
}

// hasWords says that a text has all the words in it.
func hasWords(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// modelLine is a line of the list of models: what it is, whether it fits, what can be done with it.
type modelLine struct {
	widget.BaseWidget
	l                             *library
	title, facts, fits            *widget.Label
	use, get                      *button
	check, repair, folder, remove *tipButton
	buttons                       *fyne.Container
	row                           libraryRow
}

func newModelLine(l *library) *modelLine {
	l.made++
	m := &modelLine{l: l, title: widget.NewLabel(""), facts: widget.NewLabel(""), fits: widget.NewLabel("")}
	for _, label := range []*widget.Label{m.title, m.facts, m.fits} {
		label.Truncation = fyne.TextTruncateEllipsis
	}
	w, s := l.w, l.w.studio
	m.use = w.pushButton("", nil, func() { s.Open(m.row.model.Dir); l.refresh() })
	m.get = w.pushButton(say("Fetch"), icon("import"), func() { s.Fetch(m.row.starter.Reference); l.refresh() })
	m.check = w.tips.button("check", "Check its files", func() { s.CheckModel(*m.row.model) })
	m.repair = w.tips.button("reset", "Repair: fetch damaged files again", func() { s.RepairModel(*m.row.model) })
	m.folder = w.tips.button("folder-open", "Show its folder", func() { w.showFolder(folderOf(m.row.model.Dir)) })
	m.remove = w.tips.button("trash", "Remove", func() { s.RemoveModel(*m.row.model) })
	m.buttons = container.NewHBox(m.use, m.check, m.repair, m.folder, m.remove, m.get)
	m.ExtendBaseWidget(m)
	return m
}

func (m *modelLine) CreateRenderer() fyne.WidgetRenderer {
	text := container.New(layout.NewCustomPaddedVBoxLayout(-8), m.title, m.facts, m.fits)
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, nil, container.NewCenter(m.buttons), text))
}

func (m *modelLine) show(r libraryRow) {
	m.row = r
	of, here := r.model, r.model != nil
	visible(m.use, here)
	visible(m.check, here)
	visible(m.repair, here && of.Fetched)
	visible(m.folder, here && m.l.w.options.OpenFolder != nil)
	visible(m.remove, here && of.Root == "")
	visible(m.get, r.starter != nil)
	m.title.TextStyle = fyne.TextStyle{Bold: here || r.starter != nil, Italic: !here && r.starter == nil}
	m.fits.Importance = widget.LowImportance
	m.facts.Importance = widget.MediumImportance
	switch {
	case here:
		m.model(*of)
	case r.starter != nil:
		st := r.starter
		m.title.SetText(st.Name)
		m.facts.SetText(say(st.GoodFor))
		m.fits.SetText(sayf("%s to fetch", bytesText(st.Bytes)) + "  ·  " + sayf("licence %s", st.Licence) + "  ·  " + sayf("needs about %s of memory", bytesText(st.Memory)))
	default:
		m.title.SetText(r.label)
		m.facts.SetText("")
		m.fits.SetText("")
	}
	m.buttons.Refresh()
}

// model shows a model that is there.
func (m *modelLine) model(of app.ModelInfo) {
	s := m.l.w.studio
	m.title.SetText(m.row.label)
	m.facts.SetText(modelFacts(of))
	chosen, _ := s.Chosen()
	m.use.SetText(say("Use"))
	m.use.Enable()
	if of.Dir == chosen.Dir {
		m.use.SetText(say("In use"))
		m.use.Disable()
	}
	able(m.remove, !of.Shipped)
	switch {
	case of.Lacks != "":
		m.fits.Importance = widget.WarningImportance
		m.fits.SetText(sayf("lacks %s: use it, then drop the file on the window", fault.PartsIn(of.Lacks, say)))
	case s.Fits(of):
		m.fits.SetText(sayf("needs about %s of memory: fits", bytesText(of.Memory)))
	default:
		m.fits.Importance = widget.WarningImportance
		m.fits.SetText(sayf("needs about %s of memory: does not fit this machine", bytesText(of.Memory)))
	}
}

// modelLabels are the models' names; a later one with the same name has as much of its folder as distinguishes them.
func modelLabels(models []app.ModelInfo) []string {
	labels, taken := make([]string, len(models)), make(map[string]bool, len(models))
	for i, m := range models {
		label := m.Name
		if taken[label] {
			parts := strings.Split(filepath.ToSlash(m.Dir), "/")
			for n := len(parts) - 1; n >= 0 && taken[label]; n-- {
				label = m.Name + "  ·  " + strings.Join(parts[n:], "/")
			}
		}
		labels[i], taken[label] = label, true
	}
	return labels
}

// modelLabels are those of the studio's models, worked out when these have changed.
func (w *Window) modelLabels() []string {
	models := w.studio.Models
	if len(w.labels) != len(models) || len(models) > 0 && w.labelled != &models[0] {
		w.labels = modelLabels(models)
		if len(models) > 0 {
			w.labelled = &models[0]
		}
	}
	return w.labels
}

// modelFacts is kind, size on the disk, resolution and licence in one line.
func modelFacts(m app.ModelInfo) string {
	text := bytesText(m.Bytes)
	if m.Kind != "" {
		text = kindSaid(m.Kind) + "  ·  " + text
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
