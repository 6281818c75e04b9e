package canvas

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// The eyedropper at the pointer shows that a press would pick a colour: with the picker, and while Alt is held with a
// tool that paints colour.

const (
	dropperSize = 20
	dropperTip  = 2.6 // from its left and lower sides
)

// SetDropper sets the eyedropper's pictures, both square with the tip at the lower left: its outline, and what is inside.
func (v *View) SetDropper(outline, inside fyne.Resource) {
	for i, r := range []fyne.Resource{outline, inside} {
		v.dropper[i] = canvas.NewImageFromResource(r)
		v.dropper[i].Resize(fyne.NewSquareSize(dropperSize))
		v.dropper[i].Hide()
	}
	v.listObjects()
}

// ModifiersChanged shows what the pointer does with the keys that are held now.
func (v *View) ModifiersChanged() { v.placeRing() }

// Picks reports whether the pointer is over the canvas and would pick a colour from it.
func (v *View) Picks() bool { return v.over && v.picking() }

// inks reports whether the tool paints colour, and with Alt picks it.
func (v *View) inks() bool { return v.ink != nil && v.tool.paints() }

// picking reports whether a press would pick a colour, or one does.
func (v *View) picking() bool {
	switch {
	case v.drag.what == dragPick:
		return true
	case v.drag.what != dragNone || v.space || v.Scene.Table.Shown() || v.Scene.Before != nil:
		return false
	case v.tool == ToolPicker:
		return true
	}
	return v.inks() && v.Hooks.Modifiers != nil && v.Hooks.Modifiers()&fyne.KeyModifierAlt != 0
}

func (v *View) placeDropper() {
	shown := v.Picks()
	for _, d := range v.dropper {
		switch {
		case d == nil:
		case !shown:
			d.Hide()
		default:
			d.Move(v.pointer.AddXY(-dropperTip, dropperTip-dropperSize))
			d.Show()
		}
	}
}
