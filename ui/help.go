package ui

import (
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// group is a heading of the help on shortcuts.
type group string

const (
	running   group = "Generate"
	results   group = "Results and timeline"
	saving    group = "Files"
	editing   group = "Edit"
	viewing   group = "View"
	masking   group = "Mask"
	selecting group = "Selection"
	tools     group = "Tools"
)

// helpColumns are the groups of each column.
var helpColumns = [][]group{{running, results, saving, editing}, {viewing, masking, selecting, tools}}

// plainKeys are keys without a modifier, and mouse actions, besides the tools' letters.
var plainKeys = []struct {
	group     group
	key, what string
}{
	{running, "Escape", "Stop the run; the unfinished picture goes to the tray"},
	{running, "Space, over the timeline", "Pause the run, or go on"},
	{running, ".", "One step of the run"},
	{running, ",", "One step of the run back, to go on from there"},
	{results, "Enter", "Keep the result"},
	{results, "Del", "Discard the result"},
	{results, "Left, Right", "Next result, or next step of the timeline"},
	{results, "G", "Results side by side"},
	{results, "C, held", "Show the picture before"},
	{results, "N", "Add noise"},
	{results, "Y", "X-ray: look into the step that is shown"},
	{running, "J", "Live: a picture that follows what is painted"},
	{results, "End", "Back to the result"},
	{editing, "Ctrl Z", "Undo"},
	{editing, "Ctrl Up, Down", "Weigh the words at the caret in a prompt"},
	{editing, "Ctrl C", "Copy what is selected, or the picture"},
	{editing, "Ctrl V", "Paste a picture; what was copied of a layer becomes a layer"},
	{selecting, "S", "Select with the tools, or paint with them"},
	{selecting, "Ctrl A", "Select everything"},
	{selecting, "Shift, Alt", "Add to the selection, take away from it"},
	{selecting, "Ctrl X", "Cut what is selected"},
	{selecting, "Del", "Delete what is selected on the layer"},
	{viewing, "Wheel", "Zoom to the pointer"},
	{viewing, "Space + drag", "Move the view, also with the middle button"},
	{viewing, "Tab", "Hide the panels; in the panel, the next field"},
	{viewing, "F1", "This list"},
	{viewing, "Double click", "Fit the frame; reset a slider"},
	{masking, "[  ]", "Smaller, larger brush"},
	{masking, "Shift [  ]", "Harder, softer brush"},
	{masking, "Q", "Paint the mask, or colour"},
	{masking, "X", "Swap brush and eraser; of colour, the two colours"},
	{masking, "M", "Show or hide the mask"},
	{masking, "Alt", "Take away from the mask; of colour, pick one from the picture"},
}

// help lists every key.
func (w *Window) help() {
	rows := map[group][][2]string{}
	add := func(g group, key, what string) { rows[g] = append(rows[g], [2]string{key, what}) }
	for _, k := range w.shortcuts() {
		if k.what != "" {
			add(k.group, spell(k.name, k.mod, " "), say(k.what))
		}
	}
	for _, k := range plainKeys {
		add(k.group, strings.Replace(say(k.key), say("Ctrl"), control(), 1), say(k.what))
	}
	for _, t := range toolKeys {
		add(tools, string(t.key), say(t.name))
	}
	columns, stacked, width := container.NewHBox(), container.NewVBox(), float32(0)
	for _, group := range rows {
		for _, r := range group {
			width = max(width, widget.NewLabel(r[0]).MinSize().Width)
		}
	}
	for _, groups := range helpColumns {
		column := container.NewVBox()
		for _, g := range groups {
			column.Add(helpGroup(g, rows[g], width))
		}
		columns.Add(column)
		stacked.Add(column)
	}
	room := w.win.Canvas().Size().SubtractWidthHeight(90, 150)
	body := columns
	if columns.MinSize().Width > room.Width { // a language with long texts: a single column
		body = stacked
	}
	scroll := container.NewVScroll(body)
	scroll.SetMinSize(fyne.NewSize(body.MinSize().Width+16, min(body.MinSize().Height, room.Height)))
	w.show(w.custom(say("Shortcuts"), scroll))
}

// custom is a dialog with a button that closes it.
func (w *Window) custom(title string, content fyne.CanvasObject) *dialog.CustomDialog {
	head := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	up := head.MinSize().Height // Fyne's own title, left empty here, would be in the dialog's corner and not above the content
	headed := container.New(layout.NewCustomPaddedLayout(-up, 0, 0, 0), container.NewBorder(head, nil, nil, nil, content))
	d := dialog.NewCustomWithoutButtons("", headed, w.win)
	d.SetButtons([]fyne.CanvasObject{w.pushButton(say("Close"), nil, d.Hide)})
	return d
}

// inform shows a text until it is closed.
func (w *Window) inform(title, text string) {
	w.show(w.custom(title, widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})))
}

// show puts a dialog over the window that Escape closes too.
func (w *Window) show(d dialog.Dialog) {
	w.dialog = d
	d.Show()
	w.dialogOn = w.win.Canvas().Overlays().Top()
}

// closeTop closes the dialog or menu on top, or the large history; false when there is none. A list that was opened in
// a dialog closes alone.
func (w *Window) closeTop() bool {
	overlays := w.win.Canvas().Overlays()
	top := overlays.Top()
	if top == nil {
		open := w.large != nil || w.tree != nil
		w.closeHistory()
		return open
	}
	if w.dialog != nil && top == w.dialogOn {
		w.dialog.Hide()
		w.dialog, w.dialogOn = nil, nil
	}
	if overlays.Top() == top {
		top.Hide()
		overlays.Remove(top)
	}
	return true
}

// helpGroup is a heading with its keys below.
func helpGroup(g group, rows [][2]string, width float32) fyne.CanvasObject {
	box := container.New(&tightColumn{}, widget.NewLabelWithStyle(say(string(g)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
	for _, r := range rows {
		key := widget.NewLabel(r[0])
		key.Importance = widget.LowImportance
		box.Add(container.NewBorder(nil, nil, fixed(width, key), nil, widget.NewLabel(r[1])))
	}
	return box
}

// tightColumn puts rows below each other, closer than labels would be.
type tightColumn struct{}

const tightRow = 20

func (tightColumn) MinSize(o []fyne.CanvasObject) fyne.Size {
	width := float32(0)
	for _, c := range o {
		width = max(width, c.MinSize().Width)
	}
	return fyne.NewSize(width, tightRow*float32(len(o))+8)
}

func (tightColumn) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for i, c := range o {
		c.Move(fyne.NewPos(0, tightRow*float32(i)))
		c.Resize(fyne.NewSize(s.Width, tightRow+6))
	}
}

// control is the name of the modifier of shortcuts.
func control() string {
	if runtime.GOOS == "darwin" {
		return "Cmd"
	}
	return say("Ctrl")
}

// spell is a shortcut in words, its keys separated by between.
func spell(name fyne.KeyName, mod fyne.KeyModifier, between string) string {
	s := control() + between
	if mod&fyne.KeyModifierShift != 0 {
		s += say("Shift") + between
	}
	switch name {
	case fyne.KeyReturn:
		return s + say("Enter")
	case fyne.KeyEqual:
		return s + "+"
	case fyne.KeyMinus:
		return s + "-"
	}
	return s + string(name)
}
