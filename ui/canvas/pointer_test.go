package canvas

import (
	"image"
	"math/rand/v2"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// easel is a canvas in a window of Fyne's test driver.
func easel(t testing.TB, size image.Point) *View {
	app := test.NewApp()
	t.Cleanup(app.Quit)
	v := New()
	v.Scene = base()
	w := test.NewWindow(v)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(float32(size.X), float32(size.Y)))
	t.Cleanup(w.Close)
	return v
}

func at(x, y float32) fyne.PointEvent { return fyne.PointEvent{Position: fyne.NewPos(x, y)} }

func press(v *View, x, y float32, button desktop.MouseButton, mod fyne.KeyModifier) {
	v.MouseDown(&desktop.MouseEvent{PointEvent: at(x, y), Button: button, Modifier: mod})
}

func (v *View) dragTo(x, y float32) { v.Dragged(&fyne.DragEvent{PointEvent: at(x, y)}) }

func lift(v *View, x, y float32) { v.MouseUp(&desktop.MouseEvent{PointEvent: at(x, y)}) }

const primary = desktop.MouseButtonPrimary

func TestWheelZoomsToThePointer(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	before, _ := v.view.ToDocument(90, 0)
	v.Scrolled(&fyne.ScrollEvent{PointEvent: at(90, 80), Scrolled: fyne.NewDelta(0, 100)})
	after, _ := v.view.ToDocument(90, 0)
	if d := before - after; d > 1e-6 || d < -1e-6 || v.Fitting() {
		t.Errorf("what was at %v is at %v", before, after)
	}
	v.Actual()
	if v.Zoom() != 1 {
		t.Errorf("actual size is %v", v.Zoom())
	}
}

func TestPanning(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.SetTool(ToolBrush)
	for _, how := range []func(x, y float32){
		func(x, y float32) { press(v, x, y, desktop.MouseButtonTertiary, 0) },
		func(x, y float32) { v.SetSpace(true); press(v, x, y, primary, 0); v.SetSpace(false) },
		func(x, y float32) { v.SetTool(ToolHand); press(v, x, y, primary, 0) },
	} {
		was := v.view
		how(100, 100)
		v.dragTo(117, 92)
		v.DragEnd()
		if v.view != (Viewport{was.Zoom, was.X + 17, was.Y - 8}) {
			t.Errorf("panned from %v to %v", was, v.view)
		}
	}
}

func TestFrameIsMovedAndResized(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.show(Viewport{2, 0, 0})
	var moves []image.Rectangle
	ended := 0
	v.Hooks.FrameMoved = func(r image.Rectangle) { moves = append(moves, r); v.Scene.Frame = r }
	v.Hooks.FrameEnded = func() { ended++ }
	press(v, 140, 80, primary, 0) // inside 64..256, 32..160
	v.dragTo(160, 80)
	lift(v, 160, 90)
	if v.Scene.Frame != image.Rect(42, 21, 138, 85) || ended != 1 {
		t.Fatalf("moved to %v", v.Scene.Frame)
	}
	press(v, 276, 170, primary, 0) // the lower right handle
	v.dragTo(300, 190)
	lift(v, 300, 190)
	if v.Scene.Frame != image.Rect(42, 21, 150, 95) || ended != 2 {
		t.Errorf("resized to %v", v.Scene.Frame)
	}
}

type stroke struct {
	points [][2]float32
	erase  bool
	ended  int
}

func record(v *View) *stroke {
	s := &stroke{}
	v.Hooks.StrokeBegan = func(x, y float32, erase bool) image.Rectangle {
		s.points, s.erase = append(s.points, [2]float32{x, y}), erase
		return image.Rect(0, 0, 8, 8)
	}
	v.Hooks.StrokeMoved = func(x, y float32) image.Rectangle {
		s.points = append(s.points, [2]float32{x, y})
		return image.Rect(0, 0, 8, 8)
	}
	v.Hooks.StrokeEnded = func() { s.ended++ }
	return s
}

func TestStrokesAreFollowed(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.show(Viewport{2, 10, 20})
	v.SetTool(ToolEraser)
	s := record(v)
	press(v, 30, 40, primary, 0)
	v.dragTo(50, 60)
	v.dragTo(50, 60)
	v.dragTo(90, 60)
	v.DragEnd()
	if want := [][2]float32{{10, 10}, {20, 20}, {40, 20}}; len(s.points) != 3 || s.points[1] != want[1] || s.points[2] != want[2] || !s.erase || s.ended != 1 {
		t.Errorf("%+v", s)
	}
	v.dragTo(100, 100)
	if len(s.points) != 3 {
		t.Error("painted without a button")
	}
}

// Shift paints a straight line: as far as it is drawn out, or by a click from where the last stroke ended.
func TestStraightLines(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.show(Viewport{1, 0, 0})
	v.SetTool(ToolBrush)
	s := record(v)
	press(v, 30, 40, primary, fyne.KeyModifierShift)
	v.dragTo(90, 10)
	v.dragTo(120, 80)
	if len(s.points) != 0 || len(v.Scene.Outline) != 2 {
		t.Errorf("painted before it was released: %v, outline %v", s.points, v.Scene.Outline)
	}
	lift(v, 120, 80)
	if len(s.points) != 2 || s.points[0] != [2]float32{30, 40} || s.points[1] != [2]float32{120, 80} || s.ended != 1 {
		t.Fatalf("drawn out: %+v", s)
	}
	press(v, 10, 10, primary, fyne.KeyModifierShift)
	lift(v, 10, 10)
	if len(s.points) != 4 || s.points[2] != [2]float32{120, 80} || s.points[3] != [2]float32{10, 10} || s.ended != 2 {
		t.Errorf("clicked: %+v", s)
	}
}

func TestShapes(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.show(Viewport{2, 0, 0})
	var got image.Rectangle
	var tool Tool
	v.Hooks.Selected = func(k Tool, r image.Rectangle, add, remove bool) {
		got, tool = r, k
		if !remove {
			t.Error("Alt was not heard")
		}
	}
	for _, k := range []Tool{ToolRectangle, ToolEllipse} {
		v.SetTool(k)
		press(v, 50, 41, primary, fyne.KeyModifierAlt)
		v.dragTo(11, 11) // up and to the left
		lift(v, 11, 11)
		if got != image.Rect(5, 5, 25, 21) || tool != k || v.Scene.Outline != nil {
			t.Errorf("tool %d: %v", k, got)
		}
	}
	got = image.Rectangle{}
	press(v, 50, 41, primary, 0)
	lift(v, 50, 41)
	if !got.Empty() {
		t.Error("a click is no shape")
	}
}

func TestLassoAndPolygon(t *testing.T) {
	v := easel(t, image.Pt(400, 300))
	v.show(Viewport{1, 0, 0})
	var got [][2]float32
	v.Hooks.Outlined = func(p [][2]float32, add, remove bool) { got = p }
	v.SetTool(ToolLasso)
	press(v, 10, 10, primary, 0)
	for _, p := range [][2]float32{{50, 10}, {50, 10}, {50, 50}} {
		v.dragTo(p[0], p[1])
	}
	v.DragEnd()
	if len(got) != 3 || got[2] != [2]float32{50, 50} {
		t.Errorf("lasso: %v", got)
	}

	click := func(x, y float32) { press(v, x, y, primary, 0); lift(v, x, y) }
	move := func(x, y float32) { v.MouseMoved(&desktop.MouseEvent{PointEvent: at(x, y)}) }
	corners := func() {
		v.SetTool(ToolPolygon)
		click(20, 20)
		move(60, 60)
		click(100, 20)
		move(100, 30)
		click(100, 90)
		if !v.Drawing() {
			t.Fatal("no polygon is open")
		}
	}
	for name, end := range map[string]func(){
		"its first corner": func() { click(22, 21) },
		"Enter":            func() { move(200, 200); v.Finish() },
		"a double click":   func() { click(100, 90); v.DoubleTapped(&fyne.PointEvent{}) },
	} {
		got = nil
		corners()
		end()
		if len(got) != 3 || got[0] != [2]float32{20, 20} || got[2] != [2]float32{100, 90} || v.Drawing() {
			t.Errorf("closed by %s: %v", name, got)
		}
	}
	got = nil
	corners()
	v.Back()
	v.Back()
	v.Finish()
	corners()
	v.SetTool(ToolBrush)
	if got != nil || v.Drawing() {
		t.Errorf("dropped, and yet %v", got)
	}
}

// What is drawn after a stroke is what drawing everything again gives, at every zoom.
func TestStrokeRedrawsEnough(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 5))
	for _, zoom := range []float64{0.03, 0.07, 0.11, 0.31, 0.5, 0.77, 1, 1.6, 3.3} {
		v := easel(t, image.Pt(300, 200))
		v.Scene.Picture = landscape(537+r.IntN(4), 381+r.IntN(4))
		v.Scene.Mask = image.NewGray(v.Scene.Picture.Rect)
		v.show(Viewport{zoom, 20.3, -10.6})
		v.Redraw()
		for range 40 {
			x, y := r.IntN(500), r.IntN(340)
			part := image.Rect(x, y, x+1+r.IntN(30), y+1+r.IntN(30))
			for y := part.Min.Y; y < part.Max.Y; y++ {
				for x := part.Min.X; x < part.Max.X; x++ {
					v.Scene.Mask.Pix[y*v.Scene.Mask.Stride+x] = uint8(r.IntN(256))
				}
			}
			v.RedrawMask(part)
		}
		strokes := v.Screen()
		v.MaskChanged()
		v.Redraw()
		if string(strokes.Pix) != string(v.Screen().Pix) {
			t.Errorf("at %v %% something was left", zoom*100)
		}
	}
}

// large is a canvas over a picture of 4096 x 4096.
func large(b *testing.B) *View {
	v := easel(b, image.Pt(1280, 800))
	v.Scene.Picture = speckled(4096, 4096, 1, true)
	v.Scene.Mask = image.NewGray(v.Scene.Picture.Rect)
	v.Scene.Frame = image.Rect(1000, 1000, 1512, 1512)
	v.Redraw()
	return v
}

// Each is one frame's drawing, without Fyne's painting: 60 a second leave 16.7 ms.
func BenchmarkPan4096(b *testing.B) {
	for name, zoom := range map[string]float64{"18%": 0.18, "70%": 0.7, "100%": 1, "150%": 1.5, "400%": 4} {
		b.Run(name, func(b *testing.B) {
			v := large(b)
			i := 0.0
			for b.Loop() {
				i++
				v.show(Viewport{zoom, -300 - i, -300 + i})
			}
		})
	}
}

func BenchmarkZoom4096(b *testing.B) {
	v := large(b)
	i := 0
	for b.Loop() {
		i++
		v.show(v.view.ZoomAt([]float64{1.07, 1 / 1.07}[i/40%2], 640, 400))
	}
}

func BenchmarkStroke4096(b *testing.B) {
	v := large(b)
	v.show(Viewport{1, -1000, -1000})
	i := 0
	for b.Loop() {
		i++
		x, y := 1100+i%80*10, 1100+i%60*10
		v.RedrawMask(image.Rect(x, y, x+80, y+80))
	}
}

func BenchmarkMips4096(b *testing.B) {
	img := speckled(4096, 4096, 1, true)
	for b.Loop() {
		var m mips
		m.level(img, MinZoom)
	}
}

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
	if !v.Fitting() {
		t.Error("after a mere click the view no longer fits")
	}
	v.MouseDown(press(20, 300))
	v.MouseMoved(press(50, 290))
	v.MouseUp(press(50, 290))
	k := v.scale()
	if got := v.Viewport(); v.Fitting() || got.X != before.X+30*k || got.Y != before.Y-10*k || got.Zoom != before.Zoom {
		t.Errorf("a drag by 30, -10 moved the view from %+v to %+v", before, got)
	}
}
