package canvas

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// A click beside the frame leaves the view where it is; a drag there moves it by just as much.
func TestPanBesideFrame(t *testing.T) {
	test.NewApp()
	v := New()
	v.Scene.Frame = image.Rect(0, 0, 128, 128)
	v.Resize(fyne.NewSize(600, 400))
	v.Fit()
	before := v.Viewport()
	press := func(x, y float32) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary}
	}
	v.MouseDown(press(20, 300))
	v.MouseUp(press(20, 300))
	if v.Viewport() != before {
		t.Errorf("a click moved the view from %+v to %+v", before, v.Viewport())
	}
	v.MouseDown(press(20, 300))
	v.MouseMoved(press(50, 290))
	v.MouseUp(press(50, 290))
	k := v.scale()
	if got := v.Viewport(); got.X != before.X+30*k || got.Y != before.Y-10*k || got.Zoom != before.Zoom {
		t.Errorf("a drag by 30, -10 moved the view from %+v to %+v", before, got)
	}
}
