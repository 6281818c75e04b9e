package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
	"nirvana/app/lineage"
)

// lane is a path under the timeline's ticks: from the step that it left another at, with its name.
type lane struct {
	from, until int
	up          int // lanes to its parent's
	name        string
	shown       bool
	pick        func()
}

func (l lane) same(o lane) bool {
	return l.from == o.from && l.until == o.until && l.up == o.up && l.name == o.name && l.shown == o.shown
}

// laneRows is how many lanes are seen at once. The bar's height does not depend on how many there are: the canvas would
// change its size under the artist's hand.
const laneHeight, laneRows = 17, 3

// lanesOf are the lanes of the paths that branched from one another.
func (t *timeline) lanesOf() []lane {
	s := t.w.studio
	if s.Noised != nil {
		return nil
	}
	var out []lane
	at := slices.Index(s.Tray.Candidates, s.Tray.Current())
	for _, l := range s.Lanes() {
		name := laneName(l)
		on := at >= 0 && l.ID == int64(at)
		switch coming := s.Run().Coming() && !s.Tray.Held; {
		case l.ID == app.CurrentLane:
			on = coming
		case l.ID == app.DocumentLane:
			on = at < 0 && !coming
		case coming:
			on = false
		}
		out = append(out, lane{l.From, l.Until, l.Up, name, on, func() {
			if l.ID == app.CurrentLane {
				s.Tray.Release()
			} else {
				s.Tray.Select(int(max(l.ID, -1)))
			}
		}})
	}
	return out
}

// showLanes shows the related paths or puts them away.
func (t *timeline) showLanes() {
	t.w.studio.Set(func(s *app.Settings) { s.ShowLanes = !s.ShowLanes })
}

func laneName(l lineage.Lane) string {
	if l.Parent < 0 {
		return say("first")
	}
	return placeName(l.Place)
}

// Lanes sets the paths under the ticks. Where they are open, the one shown is scrolled into sight.
func (b *tickBar) Lanes(all []lane, open bool) {
	if open == b.open && slices.EqualFunc(all, b.lanes, lane.same) {
		b.lanes = all // what they do may be another
		return
	}
	higher := open != b.open
	b.lanes, b.open = all, open
	if shown := slices.IndexFunc(all, func(l lane) bool { return l.shown }); shown >= 0 {
		b.first = min(max(b.first, shown-laneRows+1), shown)
	}
	b.scroll(0)
	b.Refresh()
	if higher && b.grown != nil {
		b.grown()
	}
}

// scroll moves the lanes by rows.
func (b *tickBar) scroll(rows int) {
	b.first = max(min(b.first+rows, len(b.lanes)-laneRows), 0)
}

// Scrolled moves the lanes.
func (b *tickBar) Scrolled(e *fyne.ScrollEvent) {
	if !b.open || len(b.lanes) <= laneRows {
		return
	}
	b.scroll(map[bool]int{true: -1, false: 1}[e.Scrolled.DY > 0])
	b.Refresh()
}

// lanesHeight is the height of the open lanes.
func (b *tickBar) lanesHeight() float32 {
	if !b.open {
		return 0
	}
	return laneHeight * laneRows
}

// laneAt is the lane under a place, -1 where there is none; over: the place is below the ticks.
func (b *tickBar) laneAt(p fyne.Position) (i int, over bool) {
	top := b.Size().Height - b.lanesHeight()
	if !b.open || p.Y < top {
		return -1, false
	}
	if i = b.first + min(int((p.Y-top)/laneHeight), laneRows-1); i >= len(b.lanes) {
		i = -1
	}
	return i, true
}

// laneObjects draws the lanes: each from the tick that it begins at, down from its parent's.
func (r *tickRenderer) laneObjects(at func(i int) float32, size fyne.Size) {
	b := r.b
	rows := 0
	if b.open {
		rows = min(len(b.lanes)-b.first, laneRows)
	}
	for len(b.laneLines) < rows {
		b.laneLines, b.laneNames = append(b.laneLines, canvas.NewRectangle(nil)), append(b.laneNames, canvas.NewText("", nil))
		b.laneStems = append(b.laneStems, canvas.NewRectangle(nil))
	}
	top := size.Height - b.lanesHeight()
	for i := range b.laneLines {
		on := i < rows
		line, stem, name := b.laneLines[i], b.laneStems[i], b.laneNames[i]
		visible(line, on)
		visible(name, on)
		if !on {
			visible(stem, false)
			continue
		}
		l := b.lanes[b.first+i]
		visible(stem, l.from > 0)
		ink := theme.Color(theme.ColorNamePlaceHolder)
		if l.shown {
			ink = accent
		}
		y := top + laneHeight*float32(i+1) - 2
		left, right := at(l.from), at(l.until)
		line.FillColor, stem.FillColor = ink, ink
		line.Move(fyne.NewPos(left, y-1))
		line.Resize(fyne.NewSize(max(right-left, 2), 2))
		high := laneHeight * float32(min(l.up, i))
		stem.Move(fyne.NewPos(left-1, y-high))
		stem.Resize(fyne.NewSize(2, high))
		name.TextSize, name.Color = captionSize-1, theme.Color(theme.ColorNameForeground)
		name.Text = cut(l.name, size.Width*0.6, captionSize-1)
		wide := name.MinSize().Width
		name.Move(fyne.NewPos(min(left+6, size.Width-wide-4), y-3-name.MinSize().Height)) // clear of its line
		line.Refresh()
		stem.Refresh()
		name.Refresh()
	}
}
