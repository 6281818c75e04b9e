package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// folderRows are the page of the settings for folders whose models are all listed: of other programs, and plain ones.
type folderRows struct {
	w    *Window
	box  *fyne.Container
	rows *fyne.Container
	was  []app.Root
}

func newFolderRows(w *Window) *folderRows {
	f := &folderRows{w: w, rows: container.NewVBox()}
	add := w.pushButton(say("Add a folder..."), icon("folder-open"), w.addModel)
	note := widget.NewLabel(say("Folders of ComfyUI, AUTOMATIC1111, Forge, SD.Next, Fooocus or Invoke, or any with checkpoints in it. All that is in them is used where it lies."))
	note.Wrapping, note.Importance = fyne.TextWrapWord, widget.LowImportance
	f.box = container.NewVBox(note, f.rows, container.NewHBox(add))
	f.fill()
	return f
}

// show shows what has changed.
func (f *folderRows) show() {
	now := f.w.studio.Roots
	same := len(now) == len(f.was)
	for i := range min(len(now), len(f.was)) {
		same = same && now[i] == f.was[i]
	}
	if !same {
		f.fill()
	}
}

func (f *folderRows) fill() {
	f.was = append([]app.Root(nil), f.w.studio.Roots...)
	f.rows.Objects = nil
	for _, r := range f.was {
		name := widget.NewLabel(r.Dir)
		name.Truncation = fyne.TextTruncateEllipsis
		says := widget.NewLabel(rootText(r))
		says.Importance = widget.LowImportance
		if r.Err != nil {
			says.Importance = widget.WarningImportance
		}
		buttons := container.NewHBox(says)
		if f.w.options.OpenFolder != nil {
			buttons.Add(f.w.tips.button("folder-open", "Show its folder", func() { f.w.showFolder(r.Dir) }))
		}
		buttons.Add(f.w.tips.button("minus", "Take this folder out of the list. Its files stay.", func() { f.w.studio.DropRoot(r.Dir) }))
		f.rows.Add(container.NewBorder(nil, nil, nil, buttons, name))
	}
	f.rows.Refresh()
}

func rootText(r app.Root) string {
	switch {
	case r.Err != nil:
		return say("is not there")
	case !r.Looked:
		return say("looking ...")
	}
	return modelsSaid(r.Models)
}

// betweenLooks is how long after the artist's folders were looked into they are so again when the window comes to the front:
// network shares do not tell of changes.
const betweenLooks = 10 * time.Second

func (w *Window) lookAgain() {
	if time.Since(w.looked) > betweenLooks {
		w.looked = time.Now()
		w.studio.Rescan()
	}
}
