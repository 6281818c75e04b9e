package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

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

const laneHeight, mostLanes = 14, 5

// lanesOf are the lanes of the paths that branched from one another, as many as there is room for round the one shown.
func (t *timeline) lanesOf() []lane {
	s := t.w.studio
	if s.Noised != nil {
		return nil
	}
	var out []lane
	shown := 0
	for i, l := range s.Lanes() {
		at := slices.Index(s.Tray.Candidates, s.Tray.Current())
		on := l.ID == int64(at) || l.ID < 0 && !s.Tray.Held
		if on {
			shown = i
		}
		name := laneName(l)
		out = append(out, lane{l.From, l.Until, l.Up, name, on, func() {
			if l.ID >= 0 {
				s.Tray.Select(int(l.ID))
			} else {
				s.Tray.Release()
			}
		}})
	}
	if n := len(out); n > mostLanes {
		first := min(max(shown-mostLanes/2, 0), n-mostLanes)
		out = out[first : first+mostLanes]
	}
	return out
}

func laneName(l lineage.Lane) string {
	if l.Parent < 0 {
		return say("first")
	}
	return placeName(l.Place)
}

// Lanes says which paths lie under the ticks. They make the bar higher.
func (b *tickBar) Lanes(all []lane) {
	if slices.EqualFunc(all, b.lanes, lane.same) {
		b.lanes = all // what they do may be another
		return
	}
	higher := len(all) != len(b.lanes)
	b.lanes = all
	b.Refresh()
	if higher && b.grown != nil {
		b.grown()
	}
}

// laneAt is the lane under a place; -1: none.
func (b *tickBar) laneAt(p fyne.Position) int {
	top := b.Size().Height - laneHeight*float32(len(b.lanes))
	if len(b.lanes) == 0 || p.Y < top {
		return -1
	}
	return min(int((p.Y-top)/laneHeight), len(b.lanes)-1)
}

// laneObjects draws the lanes: each from the tick that it begins at, down from its parent's.
func (r *tickRenderer) laneObjects(at func(i int) float32, size fyne.Size) {
	b := r.b
	for len(b.laneLines) < len(b.lanes) {
		b.laneLines, b.laneNames = append(b.laneLines, canvas.NewRectangle(nil)), append(b.laneNames, canvas.NewText("", nil))
		b.laneStems = append(b.laneStems, canvas.NewRectangle(nil))
	}
	top := size.Height - laneHeight*float32(len(b.lanes))
	for i := range b.laneLines {
		on := i < len(b.lanes)
		line, stem, name := b.laneLines[i], b.laneStems[i], b.laneNames[i]
		visible(line, on)
		visible(stem, on && b.lanes[min(i, len(b.lanes)-1)].from > 0)
		visible(name, on)
		if !on {
			continue
		}
		l := b.lanes[i]
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
		name.Move(fyne.NewPos(min(left+6, size.Width-wide-4), y-laneHeight+2))
		line.Refresh()
		stem.Refresh()
		name.Refresh()
	}
}
