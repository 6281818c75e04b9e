package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
)

const mostRecent = 10

// mostMenuName is the width of a file's name in a menu, which would be wider than the window otherwise.
const mostMenuName = 320

// noteRecent puts a file first in the menu of recent ones.
func (w *Window) noteRecent(path string) {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	w.studio.Set(func(t *app.Settings) {
		others := slices.DeleteFunc(slices.Clone(t.Recent), func(s string) bool { return s == path })
		t.Recent = append([]string{path}, others[:min(len(others), mostRecent-1)]...)
	})
	w.fillRecent()
}

// fillRecent makes the menu's items: the file's name, with its folder where two are equal.
func (w *Window) fillRecent() {
	var items []*fyne.MenuItem
	paths := w.studio.Settings.Recent
	for _, path := range paths {
		name := filepath.Base(path)
		label := cut(name, mostMenuName, theme.TextSize())
		if slices.ContainsFunc(paths, func(o string) bool { return o != path && filepath.Base(o) == name }) {
			label += "  ·  " + cut(filepath.Base(filepath.Dir(path)), mostMenuName/2, theme.TextSize())
		}
		items = append(items, fyne.NewMenuItem(label, func() { w.OpenPath(path) }))
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(say("Clear the list"), func() {
		w.studio.Set(func(t *app.Settings) { t.Recent = nil })
		w.fillRecent()
	}))
	w.recent.ChildMenu = fyne.NewMenu("", items...)
	if m := w.win.MainMenu(); m != nil {
		m.Refresh()
	}
}
