package ui

import (
	"cmp"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// tapped selects one: changes to the prompt could not be undone.
func (h *history) tapped(i int, e app.Entry) {
	h.from = e.ID
	before := h.at
	h.at = i
	h.list.RefreshItem(before)
	h.list.RefreshItem(i)
}

// pick selects one for export and deletion, or deselects it; with Shift all from the last one on.
func (h *history) pick(i int, e app.Entry, mods fyne.KeyModifier) {
	if mods&fyne.KeyModifierShift != 0 {
		h.selectTo(i)
		return
	}
	h.from = e.ID
	if _, on := h.selected[e.ID]; on {
		delete(h.selected, e.ID)
	} else {
		h.selected[e.ID] = e
	}
	h.list.RefreshItem(i)
	h.count()
}

// selectTo selects all from the last one that was clicked to the i-th.
func (h *history) selectTo(i int) {
	ids, store := h.ids, h.w.studio.History
	from := slices.Index(ids, h.from)
	if from < 0 {
		from = i
	}
	from, to := min(from, i), max(from, i)
	if to >= len(ids) {
		return
	}
	h.aside(func() func() {
		list, err := store.Entries(ids[from : to+1])
		return func() {
			h.w.studio.Fail("The history cannot be read", err, "", nil)
			for _, e := range list {
				h.selected[e.ID] = e
			}
			h.list.Refresh()
			h.count()
		}
	})
}

// unselectMissing deselects entries that are no longer shown: what is not visible must not be deleted.
func (h *history) unselectMissing() {
	if len(h.selected) == 0 {
		return
	}
	here := map[int64]bool{}
	for _, id := range h.ids {
		here[id] = true
	}
	maps.DeleteFunc(h.selected, func(id int64, _ app.Entry) bool { return !here[id] })
}

// count shows how many there are, and how many are selected.
func (h *history) count() {
	h.found.Text = picturesText(len(h.ids))
	if n := len(h.selected); n > 0 {
		h.found.Text += "  ·  " + sayf("%d selected", n)
	}
	h.found.Refresh()
}

func (h *history) delete(entries []app.Entry) {
	if len(entries) == 0 {
		h.tellNone()
		return
	}
	clear(h.selected)
	h.w.studio.DeletePictures(entries)
}

func (h *history) restore(entries []app.Entry) {
	if len(entries) == 0 {
		h.tellNone()
		return
	}
	clear(h.selected)
	h.w.studio.RestorePictures(entries)
}

func (h *history) tellNone() {
	h.w.studio.Tell(&app.Notice{Headline: say("No picture is selected"), Advice: say("Ctrl+click selects one, Shift+click all up to there.")})
}

// chosen are the selected entries; else the one that is pointed at.
func (h *history) chosen(e *app.Entry) []app.Entry {
	if e != nil {
		if _, in := h.selected[e.ID]; !in {
			return []app.Entry{*e}
		}
	}
	out := slices.Collect(maps.Values(h.selected))
	slices.SortFunc(out, func(a, b app.Entry) int { return cmp.Compare(b.ID, a.ID) }) // in the order shown
	return out
}

func (h *history) export(entries []app.Entry) {
	if len(entries) == 0 {
		h.tellNone()
		return
	}
	h.w.ask(func(folder string) (string, error) {
		return h.w.options.Dialogs.OpenFolder(say("Choose a folder for the pictures"), folder)
	},
		func(dir string) { h.w.studio.ExportPictures(entries, dir) })
}

func (h *history) menu(e app.Entry, at fyne.Position) {
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", h.items(e)...), h.w.win.Canvas(), at)
}

func (h *history) items(e app.Entry) []*fyne.MenuItem {
	s := h.w.studio
	star := say("Star")
	if e.Star {
		star = say("Remove the star")
	}
	many := h.chosen(&e)
	title := fyne.NewMenuItem(sayf("%d x %d, seed %d", e.Width, e.Height, e.Recipe.Seed), nil)
	if u := e.Recipe.Unfinished; len(u) == 2 {
		title.Label += "  ·  " + sayf("unfinished, %d of %d", u[0], u[1])
	}
	if len(many) > 1 {
		title.Label = picturesText(len(many))
	}
	title.Disabled = true
	items := []*fyne.MenuItem{title, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(say("Open"), func() { h.open(e) }),
		fyne.NewMenuItem(say("Use its prompt"), func() { h.w.usePrompt(e.Recipe) }),
		fyne.NewMenuItem(say("Use its seed"), func() { h.w.useSeed(e.Recipe) }),
		fyne.NewMenuItem(say("Use everything"), func() { h.w.use(s.History.Whole(e)) }),
		fyne.NewMenuItem(say("Reproduce and compare"), func() { h.w.closeHistory(); h.w.studio.MakeAgain(s.History.Whole(e)) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(star, func() {
			for _, m := range many {
				s.Fail("The history could not be changed", s.History.Star(m.ID, !e.Star), "", nil)
			}
			h.load()
		}),
		fyne.NewMenuItem(say("Export..."), func() { h.export(many) }),
		fyne.NewMenuItem(say("Delete"), func() { h.delete(many) })}
	if h.w.takesReference() && !h.deleted {
		items = slices.Insert(items, 3, h.w.referenceItem(e.ID))
	}
	if len(e.Recipe.Unfinished) == 2 {
		items = slices.Insert(items, 3, fyne.NewMenuItem(say("Finish it"), func() { h.w.finish(s.History.Whole(e), e.ID) }))
	}
	if h.deleted {
		items = append(items[:len(items)-3], fyne.NewMenuItem(say("Put back"), func() { h.restore(many) }))
	}
	return items
}
