package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// finder is a select with a search where it has more options than a list can show: ImageNet models have a thousand
// classes.
type finder struct {
	widget.Select
	w *Window
}

const mostListed = 20

func (w *Window) finder(chosen func(string)) *finder {
	f := &finder{w: w}
	f.OnChanged = chosen
	f.ExtendBaseWidget(f)
	return f
}

// Tapped opens the list, or the search.
func (f *finder) Tapped(e *fyne.PointEvent) {
	if len(f.Options) <= mostListed {
		f.Select.Tapped(e)
		return
	}
	f.search()
}

// TypedKey opens it by keyboard.
func (f *finder) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace && len(f.Options) > mostListed {
		f.search()
		return
	}
	if !f.w.windowKey(e) {
		f.Select.TypedKey(e)
	}
}

// search shows a search field over the matching options.
func (f *finder) search() {
	found := f.Options
	list := f.w.list(func() int { return len(found) }, func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(found[i]) })
	field := f.w.entry()
	field.SetPlaceHolder(say("Search"))
	popup := widget.NewPopUp(container.NewBorder(field, nil, nil, nil, list), f.w.win.Canvas())
	choose := func(i int) {
		if i < len(found) {
			popup.Hide()
			f.SetSelected(found[i])
		}
	}
	list.OnSelected = choose
	field.OnSubmitted = func(string) { choose(0) }
	field.OnChanged = func(text string) {
		found = containing(f.Options, text)
		list.UnselectAll()
		list.ScrollToTop()
		list.Refresh()
	}
	popup.Resize(fyne.NewSize(f.Size().Width, 320))
	popup.ShowAtPosition(fyne.CurrentApp().Driver().AbsolutePositionForObject(f).AddXY(0, f.Size().Height))
	f.w.win.Canvas().Focus(field)
}

// containing are the names that contain a text, ignoring case.
func containing(names []string, text string) []string {
	text = strings.ToLower(strings.TrimSpace(text))
	var out []string
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), text) {
			out = append(out, n)
		}
	}
	return out
}

// distinct are the names, with a number after those that occur more than once.
func distinct(names []string) []string {
	times := map[string]int{}
	for _, n := range names {
		times[n]++
	}
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n
		if times[n] > 1 {
			out[i] = fmt.Sprintf("%s (%d)", n, i)
		}
	}
	return out
}
