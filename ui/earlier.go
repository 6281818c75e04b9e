package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"nirvana/app/files"
)

const mostEarlier = 15

// fillEarlier lists earlier work in the background for its menu.
func (w *Window) fillEarlier() {
	w.earlierAsked++
	asked := w.earlierAsked
	w.studio.EarlierWork(func(list []files.Earlier) {
		if asked == w.earlierAsked { // an older list may come later
			w.showEarlier(list)
		}
	})
}

// showEarlier makes the menu's items of earlier work: when it was left, and what it was.
func (w *Window) showEarlier(list []files.Earlier) {
	if len(list) == 0 {
		w.earlier.ChildMenu = nil
		w.showMenu()
		return
	}
	var items []*fyne.MenuItem
	for _, e := range list[:min(len(list), mostEarlier)] {
		items = append(items, fyne.NewMenuItem(e.When.Format("2006-01-02 15:04")+"  ·  "+cut(e.Name, mostMenuName, theme.TextSize()), func() { w.takeUp(e) }))
	}
	w.earlier.ChildMenu = fyne.NewMenu("", items...)
	w.showMenu()
	if m := w.win.MainMenu(); m != nil {
		m.Refresh()
	}
}

func (w *Window) takeUp(e files.Earlier) {
	read := w.studio.Reader()
	w.beside(func() func() {
		p := read.Earlier(e.Path)
		return func() {
			w.studio.Fail("The earlier work cannot be opened", w.studio.TakeProject(p), "", nil)
			w.canvas.Fit()
		}
	})
}
