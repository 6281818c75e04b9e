package ui

import (
	"image"
	"testing"

	"nirvana/app"
	"nirvana/engine"
	"nirvana/ui/canvas"
)

// The examples are what the model in use can draw: only the one that ships knows emoji styles by name.
func TestExamplesSuitTheModel(t *testing.T) {
	w := window(t, Options{})
	for _, c := range []struct {
		facts engine.Facts
		want  string
	}{
		{engine.Facts{}, "a red heart, flat emoji"},
		{engine.Facts{Name: "sd15", Text: true}, "a red heart"},
		{engine.Facts{Name: "nirvana", Text: true, Verifier: true}, "a red heart, flat emoji"},
	} {
		w.studio.Facts = c.facts
		w.refresh(app.ChangedModel)
		if got := w.empty.try[0].Text; got != c.want || !w.empty.box.Visible() {
			t.Errorf("%q offers %q, shown: %v", c.facts.Name, got, w.empty.box.Visible())
		}
		w.empty.try[0].OnTapped()
		if got := w.studio.Settings.Prompt; got != c.want {
			t.Errorf("%q: the example's prompt is %q", c.facts.Name, got)
		}
		w.studio.Dismiss()
	}
}

// Tools that paint the mask say why nothing is painted on an empty canvas, and offer what can be.
func TestNothingToMask(t *testing.T) {
	w := window(t, Options{})
	h, d := w.canvas.Hooks, w.studio.Document
	for name, use := range map[string]func(){
		"brush":     func() { h.StrokeBegan(20, 20, false); h.StrokeEnded() },
		"rectangle": func() { h.Selected(canvas.ToolRectangle, image.Rect(4, 4, 40, 40), false, false) },
		"lasso":     func() { h.Outlined([][2]float32{{4, 4}, {40, 4}, {40, 40}}, false, false) },
		"wand":      func() { h.Picked(image.Pt(8, 8), false, false) },
	} {
		w.studio.Dismiss()
		use()
		if n := w.studio.Notice; n == nil || n.Action != say("Paint colour") || d.Picture != nil {
			t.Errorf("%s: %+v", name, n)
		}
	}
	w.panel.regions.fold.Open(true)
	if w.studio.Dismiss(); w.nothingToMask() || w.studio.Notice != nil {
		t.Error("a region's place cannot be masked on an empty canvas")
	}
	w.panel.regions.fold.Open(false)
	if !w.studio.Undo() || d.Picture != nil || !w.nothingToMask() {
		t.Fatal("the canvas is not empty again")
	}
	w.studio.Notice.Do()
	if w.studio.Notice != nil || !w.studio.Settings.Paint.Colours() {
		t.Error("its action does not turn the tools to colour")
	}
	h.StrokeBegan(20, 20, false)
	h.StrokeEnded()
	if d.Picture == nil || w.studio.Notice != nil {
		t.Fatalf("no colour is painted: %+v", w.studio.Notice)
	}
	w.togglePaint()
	h.Selected(canvas.ToolRectangle, image.Rect(4, 4, 40, 40), false, false)
	if !d.Masked() || w.studio.Notice != nil {
		t.Errorf("there is a picture, but no mask: %+v", w.studio.Notice)
	}
}
