package canvas

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
)

// The hand and the pulled edge move together, and when it is let go of the size snaps to the multiple: all eight handles, in the fitted view, which
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
			slack := int(v.view.Zoom) + 1 // a pixel of the picture
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
		lift(v, float32(from.X+5000*toward.X), float32(from.Y+5000*toward.Y))
		if s := v.Scene.Frame.Size(); s.X%8 != 0 || s.Y%8 != 0 {
			t.Errorf("handle %d: let go of, the frame is %v", handle, s)
		}
	}
}

// The crop stays with its handles until it is applied, and has the size that is typed.
func TestCropStays(t *testing.T) {
	v := easel(t, image.Pt(640, 480))
	v.Scene.Frame, v.Scene.Picture = image.Rect(0, 0, 200, 100), landscape(200, 100)
	v.show(Viewport{2, 20, 20})
	var applied []image.Rectangle
	var told image.Rectangle
	v.Hooks.Selected = func(tool Tool, r image.Rectangle, _, _ bool) { applied = append(applied, r) }
	v.Hooks.Cropping = func(r image.Rectangle) { told = r }
	v.SetTool(ToolCrop)
	if v.Crop() != image.Rect(0, 0, 200, 100) {
		t.Fatalf("at first the crop is %v", v.Crop())
	}
	press(v, 60, 60, primary, 0) // 20, 20
	v.dragTo(220, 180)
	lift(v, 220, 180) // 100, 80
	if v.Crop() != image.Rect(20, 20, 100, 80) || told != v.Crop() || len(applied) > 0 {
		t.Fatalf("drawn out it is %v, told %v, applied %v", v.Crop(), told, applied)
	}
	press(v, 220, 180, primary, 0) // the lower right handle
	v.dragTo(240, 200)
	lift(v, 240, 200)
	press(v, 120, 120, primary, 0) // inside
	v.dragTo(130, 120)
	lift(v, 130, 120)
	if v.Crop() != image.Rect(25, 20, 115, 90) {
		t.Errorf("pulled and moved it is %v", v.Crop())
	}
	v.SetCropSize(50, 40)
	if s := v.Crop().Size(); s != image.Pt(50, 40) {
		t.Errorf("typed it is %v", s)
	}
	if !v.ApplyCrop() || len(applied) != 1 || applied[0].Size() != image.Pt(50, 40) || v.ApplyCrop() {
		t.Errorf("applied %v", applied)
	}
}

// Only what a run makes again is drawn soft over the picture.
func TestOnlyWhatIsNewShimmers(t *testing.T) {
	s := base()
	plain := shoot(s, Viewport{2, 10, 10}, 1, image.Pt(260, 180))
	s.Live, s.LiveAt, s.LiveMask = halved(halved(landscape(64, 64))), image.Rect(0, 0, 64, 64), image.NewGray(image.Rect(0, 0, 64, 64))
	for y := 16; y < 48; y++ {
		for x := 16; x < 48; x++ {
			s.LiveMask.Pix[y*64+x] = 255
		}
	}
	got := shoot(s, Viewport{2, 10, 10}, 1, image.Pt(260, 180))
	changed := 0
	for y := range 180 {
		for x := range 260 {
			if got.RGBAAt(x, y) == plain.RGBAAt(x, y) {
				continue
			}
			changed++
			if !image.Pt(x, y).In(image.Rect(42, 42, 106, 106)) {
				t.Fatalf("%d,%d is outside of the mask and changes", x, y)
			}
		}
	}
	if changed < 2000 {
		t.Errorf("%d pixels of the mask show the run", changed)
	}
}

// The mask's outline is white and dark on any picture and under any colour.
func TestMaskHasAnOutline(t *testing.T) {
	s := base()
	s.Hot, s.Mask, s.MaskOpacity = false, disc(96, 64), 0.01
	for _, zoom := range []float64{0.4, 1, 1.7, 3, 7} {
		got := shoot(s, Viewport{zoom, 5, 5}, 1, image.Pt(400, 300))
		s.Mask = nil
		bare := shoot(s, Viewport{zoom, 5, 5}, 1, image.Pt(400, 300))
		s.Mask = disc(96, 64)
		white, dark := 0, 0
		for y := range 300 {
			for x := range 400 {
				c := got.RGBAAt(x, y)
				if c == bare.RGBAAt(x, y) {
					continue
				}
				if c == edgeIn {
					white++
				} else if c == edgeOut {
					dark++
				}
			}
		}
		if white < int(40*zoom) || dark < int(40*zoom) {
			t.Errorf("at %v the outline has %d white and %d dark pixels", zoom, white, dark)
		}
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
