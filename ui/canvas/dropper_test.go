package canvas

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// While Alt is held with a tool that paints colour, and with the picker always, the eyedropper's tip is at the pointer
// instead of the ring; with the mask, where Alt takes away, it is not.
func TestEyedropper(t *testing.T) {
	var held fyne.KeyModifier
	v := easel(t, image.Pt(400, 300))
	v.SetDropper(theme.HomeIcon(), theme.HomeIcon())
	v.Hooks.Modifiers = func() fyne.KeyModifier { return held }
	v.MouseIn(&desktop.MouseEvent{PointEvent: at(120, 90)})
	shown := func(when string, tool Tool, ink, alt, want bool) {
		t.Helper()
		held = 0
		if v.SetInk(nil); ink {
			v.SetInk(&color.NRGBA{200, 0, 0, 255})
		}
		v.SetTool(tool)
		if alt {
			held = fyne.KeyModifierAlt
		}
		v.ModifiersChanged()
		ring := tool == ToolBrush && !want
		if v.dropper[0].Visible() != want || v.dropper[1].Visible() != want || v.ring[0].Visible() != ring || want && v.Cursor() != desktop.HiddenCursor {
			t.Errorf("%s: the eyedropper is shown %v, the ring %v, the cursor is %v", when, v.dropper[0].Visible(), v.ring[0].Visible(), v.Cursor())
		}
	}
	shown("colour", ToolBrush, true, false, false)
	shown("colour, Alt", ToolBrush, true, true, true)
	if p := v.dropper[0].Position(); p.X > 120 || p.X < 115 || p.Y+dropperSize < 90 || p.Y+dropperSize > 95 {
		t.Errorf("its tip is not at the pointer: %v", p)
	}
	shown("rectangle, Alt", ToolRectangle, true, true, true)
	shown("mask, Alt", ToolBrush, false, true, false)
	shown("picker", ToolPicker, true, false, true)
	shown("hand, Alt", ToolHand, true, true, false)
	shown("colour, Alt again", ToolBrush, true, true, true)
	held = 0
	v.ModifiersChanged()
	if v.dropper[0].Visible() || !v.ring[0].Visible() {
		t.Error("it stays without Alt")
	}
	held = fyne.KeyModifierAlt
	v.MouseMoved(&desktop.MouseEvent{PointEvent: at(50, 50)}) // a text field had the key
	if !v.dropper[0].Visible() {
		t.Error("a move does not show it")
	}
	v.MouseOut()
	if v.dropper[0].Visible() {
		t.Error("it stays outside")
	}
}
