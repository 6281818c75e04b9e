package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// A tip hides neither its object nor the objects beside it.
func TestTipPlace(t *testing.T) {
	canvas, size, window := fyne.NewPos(48, 24), fyne.NewSize(1000, 700), fyne.NewSize(1400, 900)
	of, tip := fyne.NewSize(30, 30), fyne.NewSize(120, 24)
	for name, at := range map[string]fyne.Position{"tool": {X: 5, Y: 100}, "tray": {X: 12, Y: 800}, "timeline": {X: 900, Y: 740}, "panel": {X: 1300, Y: 200}} {
		p := tipPlace(at, of, tip, canvas, size, window)
		if p.X < canvas.X && name == "tool" || p.X+tip.Width > canvas.X+size.Width && name == "panel" || p.Y+tip.Height > canvas.Y+size.Height && name != "tool" && name != "panel" {
			t.Errorf("%s: the tip is at %v", name, p)
		}
	}
}
