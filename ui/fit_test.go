package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"nirvana/app"
	"nirvana/assets"
)

// Every language's words must leave the panel its width and the window 1280 x 800 with everything at 150 %.
func TestEveryLanguageFits(t *testing.T) {
	t.Cleanup(func() { speak("") })
	w := window(t, Options{})
	for _, tag := range assets.Languages() {
		w.studio.Set(func(s *app.Settings) { s.Language = tag })
		w.compose()
		p := w.panel
		for _, f := range []*fold{p.negativeFold, p.mask.fold, p.control.fold, p.advanced, p.layers.fold, p.colour.fold, p.regions.fold} {
			f.Open(true)
		}
		for _, o := range []fyne.CanvasObject{p.control.fold.box, p.control.more, p.strength.box} {
			o.Show()
		}
		for _, r := range p.regions.rows {
			r.box.Show()
		}
		p.regions.how.Show()
		w.studio.Facts.Draft.Steps = 4
		p.draft.show(w.studio)
		for _, c := range p.control.rows {
			for _, o := range append(c.box.Objects, c.box, c.drop) {
				o.Show()
			}
		}
		p.kinds.sizes.Open(true)
		for _, o := range p.kinds.box.Objects {
			o.Show()
		}
		if got := p.box.MinSize().Width; got > panelWidth {
			t.Errorf("%s: the panel is %.0f wide at least", tag, got)
		}
		if got := p.scroll.Content.MinSize().Width; got > panelWidth {
			t.Errorf("%s: the panel's content is %.0f wide, there are %d", tag, got, panelWidth)
		}
		for _, o := range []fyne.CanvasObject{w.timeline.denoise, w.timeline.leave, w.tray.buttons, w.tray.fix, w.tools.options.box, w.tools.options.brush} {
			o.Show()
		}
		w.timeline.which.box.Hide() // it is there or these are
		if got := w.win.Content().MinSize(); got.Width > 1280/1.5 || got.Height > 800/1.5-menuHeight {
			t.Errorf("%s: the window is %.0f x %.0f at least", tag, got.Width, got.Height)
		}
		checkShares(t, tag, w.win.Content())
		w.showHistory()
		w.large.ids, w.large.selected = make([]int64, 10000), map[int64]app.Entry{1: {}, 2: {}}
		w.large.count()
		if got := w.page.MinSize(); got.Width > 1280/1.5-panelWidth {
			t.Errorf("%s: the large history is %.0f wide at least", tag, got.Width)
		}
		w.closeHistory()
	}
}

// menuHeight is about that of the menu bar.
const menuHeight = 30

// checkShares finds objects that are cut off in a place of fixed width.
func checkShares(t *testing.T, tag string, o fyne.CanvasObject) {
	c, ok := o.(*fyne.Container)
	if !ok {
		return
	}
	if l, ok := c.Layout.(*widthLayout); ok {
		if _, scrolls := c.Objects[0].(*container.Scroll); !scrolls && c.Objects[0].MinSize().Width > l.w {
			t.Errorf("%s: %T is %.0f wide at least, it has %.0f", tag, c.Objects[0], c.Objects[0].MinSize().Width, l.w)
		}
	}
	for _, child := range c.Objects {
		checkShares(t, tag, child)
	}
}
