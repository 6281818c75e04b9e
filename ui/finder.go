package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// finder is a choice that is searched where it has more options than a list shows at once: a model of ImageNet has a thousand.
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

// TypedKey does so by the keyboard.
func (f *finder) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace && len(f.Options) > mostListed {
		f.search()
		return
	}
	if !f.w.windowKey(e) {
		f.Select.TypedKey(e)
	}
}

// search shows a field over a list of what contains its text.
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

// containing are the names with a text in them, in large or small letters.
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

// distinct are names of which those that stand there more than once have their number behind them.
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
