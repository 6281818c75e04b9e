package canvas

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
)

// The hand and the pulled edge move together, in steps of the multiple: all eight handles, in the fitted view, which
// stays as it is; the opposite edge stays too. Beyond the canvas the frame is not pulled.
func TestHandAndEdgeMoveTogether(t *testing.T) {
	for handle := range 8 {
		v := easel(t, image.Pt(640, 480))
		v.Scene.Frame, v.Scene.Picture, v.Scene.Multiple = image.Rect(0, 0, 128, 128), landscape(128, 128), 8
		v.SetTool(ToolFrame)
		v.Fit()
		v.Hooks.FrameMoved = func(r image.Rectangle) {
			before := v.Scene.Area()
			if v.Scene.Frame = r; v.Scene.Area() != before && v.Fitting() && !v.PullingFrame() { // as the window does
				v.Fit()
			}
		}
		view := v.view
		from := Handles(v.view.ToScreen(v.Scene.Frame))[handle]
		toward := Handles(image.Rect(-1, -1, 1, 1))[handle]
		press(v, float32(from.X), float32(from.Y), primary, 0)
		for _, by := range []int{-60, -30, 8, 16, 24} {
			x, y := from.X+by*toward.X, from.Y+by*toward.Y
			v.dragTo(float32(x), float32(y))
			if v.view != view {
				t.Fatalf("handle %d: the view changes while it is pulled", handle)
			}
			now := Handles(v.view.ToScreen(v.Scene.Frame))
			at, opposite := now[handle], now[(handle+4)%8]
			slack := int(v.view.Zoom*4) + 1 // half of the multiple
			if toward.X != 0 && abs(at.X-x) > slack || toward.Y != 0 && abs(at.Y-y) > slack {
				t.Errorf("handle %d: the hand is at %d,%d and the edge at %v", handle, x, y, at)
			}
			if was := Handles(view.ToScreen(image.Rect(0, 0, 128, 128)))[(handle+4)%8]; toward.X != 0 && opposite.X != was.X || toward.Y != 0 && opposite.Y != was.Y {
				t.Errorf("handle %d: the opposite edge moves from %v to %v", handle, was, opposite)
			}
		}
		v.dragTo(float32(from.X+5000*toward.X), float32(from.Y+5000*toward.Y))
		if s := v.view.ToScreen(v.Scene.Frame); !s.In(image.Rect(0, 0, 640, 480).Inset(-int(v.view.Zoom*4) - 1)) {
			t.Errorf("handle %d: pulled beyond the window the frame is %v", handle, s)
		}
		lift(v, 0, 0)
	}
}

func abs(v int) int { return max(v, -v) }

// Alt takes away with the brush as with every tool.
func TestAltErases(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	s := record(v)
	for _, c := range []struct {
		tool  Tool
		mod   fyne.KeyModifier
		erase bool
	}{{ToolBrush, 0, false}, {ToolBrush, fyne.KeyModifierAlt, true}, {ToolEraser, 0, true}, {ToolEraser, fyne.KeyModifierAlt, true}} {
		v.SetTool(c.tool)
		press(v, 100, 100, primary, c.mod)
		lift(v, 120, 100)
		if s.erase != c.erase {
			t.Errorf("tool %d with %v: erases %v", c.tool, c.mod, s.erase)
		}
	}
}
