package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"nirvana/app/emphasis"
)

// promptShortcut takes the keys of a prompt: Ctrl+Up and Ctrl+Down weigh words, Undo and Redo take back a field at a time.
func (e *entry) promptShortcut(s fyne.Shortcut) bool {
	switch s := s.(type) {
	case *fyne.ShortcutUndo:
		e.w.undo()
	case *fyne.ShortcutRedo:
		e.w.redo()
	case *desktop.CustomShortcut:
		by := map[fyne.KeyName]float64{fyne.KeyUp: emphasis.Step, fyne.KeyDown: -emphasis.Step}[s.KeyName]
		if s.Modifier != fyne.KeyModifierShortcutDefault || by == 0 {
			return false
		}
		e.weigh(by)
	default:
		return false
	}
	return true
}

// weigh changes the weight of what is selected, or of the word at the caret, where the caret stays.
func (e *entry) weigh(by float64) {
	at, chosen := e.CursorTextOffset(), []rune(e.SelectedText())
	from, until := at, at
	text := []rune(e.Text)
	if n := len(chosen); n > 0 { // the caret is at one end of it
		if from -= n; from < 0 || string(text[from:at]) != string(chosen) {
			from, until = at, at+n
		}
	}
	out, first, last := emphasis.Weigh(e.Text, from, until, by)
	if out == e.Text {
		return
	}
	inner := at - first // within the words that were weighed: a parenthesis may have come before or gone
	grew := strings.HasPrefix(string([]rune(out)[first:last]), "(") && !(first < len(text) && text[first] == '(')
	shrank := first < len(text) && text[first] == '(' && !strings.HasPrefix(string([]rune(out)[first:last]), "(")
	switch {
	case grew:
		inner++
	case shrank:
		inner--
	}
	e.SetText(out)
	e.caret(first + min(max(inner, 0), last-first))
}

// caret puts the caret behind so many runes.
func (e *entry) caret(at int) {
	begins := func(row int) int { // 0 behind the last
		e.CursorRow, e.CursorColumn = row, 0
		return e.CursorTextOffset()
	}
	row, begin := 0, 0
	for next := begins(1); next > begin && next <= at; next = begins(row + 1) {
		row, begin = row+1, next
	}
	e.CursorRow, e.CursorColumn = row, at-begin
	e.Refresh()
}
