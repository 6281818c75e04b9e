package ui

import (
	"image"
	"image/color"
	"strconv"
	"testing"

	"nirvana/app"
	"nirvana/engine"
)

// A model that was exported for one size has that one in the list, and every other that is typed, pulled or opened
// becomes it.
func TestFixedSizes(t *testing.T) {
	if all := commonSizes(engine.Facts{Width: 512, Height: 512, Multiple: 64}, 64); len(all) < 5 {
		t.Errorf("a model of any size is offered %v", all)
	}
	w := window(t, Options{})
	s := w.studio
	s.Facts = engine.Facts{Name: "fixed", Text: true, Width: 512, Height: 384, Multiple: 8, Fixed: true}
	if all := commonSizes(s.Facts, s.Multiple()); len(all) != 1 || all[0].w != 512 || all[0].h != 384 {
		t.Errorf("the list offers %v", all)
	}
	is := func(what string) {
		t.Helper()
		w.refresh(^app.Change(0))
		if s.Settings.Width != 512 || s.Settings.Height != 384 || s.Document.Frame.Size() != image.Pt(512, 384) || w.panel.width.Text != "512" {
			t.Errorf("%s: %d x %d, the frame %v, %q in the field", what, s.Settings.Width, s.Settings.Height, s.Document.Frame, w.panel.width.Text)
		}
	}
	w.panel.width.SetText(strconv.Itoa(640))
	w.panel.width.OnSubmitted("640")
	is("typed")
	w.OpenPath(file(t, "a.png", 1000, 700, color.NRGBA{9, 90, 9, 255}))
	is("a photograph")
	if !s.Document.Within() {
		t.Error("the frame is not within the photograph")
	}
	s.Document.BeginFrame()
	s.Document.SetFrame(image.Rect(10, 10, 700, 500))
	s.Document.EndFrame()
	is("pulled")
	s.Document.Rectangle(image.Rect(900, 600, 1000, 700), app.Replace)
	s.Document.FitFrame()
	is("fitted to the mask")
	if f := s.Document.Frame; !image.Rect(900, 600, 1000, 700).In(f) {
		t.Errorf("the mask is not in %v", f)
	}
	s.Document.ZoomOut(2)
	is("zoomed out")
}
