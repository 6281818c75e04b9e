package ui

import (
	"image"
	"slices"
	"strings"
	"testing"

	"nirvana/app"
)

// The dialog lists the upscalers with their factors and sizes, tells the size that the picture will have, refuses what would be
// too large, remembers what was chosen, and queues the run.
func TestUpscaleDialog(t *testing.T) {
	two, four := app.Part{Name: "soft", Path: "/u/soft.safetensors", Scale: 2, Bytes: 67_000_000}, app.Part{Name: "sharp", Path: "/u/sharp.onnx"}
	w := studioWith(t, app.Parts{Upscalers: []app.Part{two, four}}, nil)
	s := w.studio
	w.showUpscale(app.Part{})
	u := w.upscale
	if !u.start.Disabled() || u.says.Text != "There is nothing to enlarge yet" {
		t.Errorf("of nothing: %q", u.says.Text)
	}
	s.Document.Set(image.NewRGBA(image.Rect(0, 0, 3000, 200)))
	u.show()
	if !slices.Equal(u.net.Options, []string{"soft  ·  2x  ·  67 MB", "sharp"}) || u.net.SelectedIndex() != 0 || u.says.Text != "3000 x 200 px become 6000 x 400 px." || u.start.Disabled() || u.strength.box.Visible() {
		t.Fatalf("%q, %q", u.net.Options, u.says.Text)
	}
	u.factor.take(3)
	if !u.start.Disabled() || !strings.HasPrefix(u.says.Text, "Sides of at most 8192 px") {
		t.Errorf("too large: %q", u.says.Text)
	}
	u.factor.take(1.5)
	u.net.SetSelectedIndex(1)
	u.refine.SetChecked(true)
	u.strength.take(0.3)
	if !u.strength.box.Visible() || s.Settings.Upscale != (app.Upscale{File: four.Path, Factor: 1.5, Refines: true, Refine: 0.3}) {
		t.Errorf("%+v", s.Settings.Upscale)
	}
	u.close()
	if w.upscale != nil {
		t.Error("it stays")
	}
	dropped := app.Part{Name: "own", Path: "/elsewhere/own.safetensors"}
	w.showUpscale(dropped)
	u = w.upscale
	if !slices.Equal(u.net.Options, []string{"soft  ·  2x  ·  67 MB", "sharp", "own"}) || u.net.SelectedIndex() != 2 || u.factor.slider.Value != 1.5 || !u.refine.Checked {
		t.Errorf("of a dropped one: %q, %d", u.net.Options, u.net.SelectedIndex())
	}
	u.begin()
	settled()
	r := s.Run()
	if r == nil || r.Job.Enlarge == nil || *r.Job.Enlarge != (app.Enlarge{File: dropped.Path, Factor: 1.5, Refine: 0.3}) || r.Frame != image.Rect(0, 0, 4500, 300) {
		t.Fatalf("%+v", r)
	}
}

// Where there is no upscaler the dialog says where one belongs, and shows one that comes while it is open.
func TestNoUpscaler(t *testing.T) {
	parts := app.Parts{}
	w := studioWith(t, parts, nil)
	w.studio.Document.Set(image.NewRGBA(image.Rect(0, 0, 30, 20)))
	w.showUpscale(app.Part{})
	u := w.upscale
	if u.rows.Visible() || !u.none.Visible() || !u.start.Disabled() {
		t.Error("rows without an upscaler")
	}
	w.studio.Parts.Upscalers = []app.Part{{Name: "soft", Path: "/u/soft.safetensors", Scale: 2}}
	w.refresh(app.ChangedModel)
	if !u.rows.Visible() || u.none.Visible() || u.start.Disabled() {
		t.Error("one that came is not shown")
	}
}

// The text encoders are chosen from lists under the model, those alone of which there are files, kept for the model, and taken
// from recipes by their names.
func TestEncoderChoice(t *testing.T) {
	t5 := app.Part{Name: "t5xxl", Path: "/t/t5xxl.safetensors", Encoder: "T5"}
	w := studioWith(t, app.Parts{TextEncoders: []app.Part{t5}}, nil)
	s, rows := w.studio, w.panel.encoders.rows
	w.refresh(^app.Change(0))
	for i, name := range app.EncoderNames {
		if rows[i].box.Visible() != (name == "T5") {
			t.Errorf("the row of %s is shown: %v", name, rows[i].box.Visible())
		}
	}
	rows[2].file.SetSelectedIndex(1)
	settled()
	if m, _ := s.Chosen(); m.With.TextEncoders[2] != t5.Path || s.Settings.TextEncoders[2] != t5.Path {
		t.Fatalf("%+v", m.With)
	}
	s.SetTextEncoder("CLIP", "/t/clip_l.safetensors")
	settled()
	w.refresh(^app.Change(0))
	if !rows[0].box.Visible() || rows[0].file.Selected != "clip_l" {
		t.Errorf("a file from elsewhere: %q", rows[0].file.Selected)
	}
	if s.Undo(); s.Settings.TextEncoders[0] != "" {
		t.Error("Undo does not take it back")
	}
	s.Open("b")
	settled()
	if m, _ := s.Chosen(); m.With != (app.ModelInfo{}).With {
		t.Errorf("another model has %+v", m.With)
	}
	s.Open("a")
	settled()
	if s.Settings.TextEncoders[2] != t5.Path {
		t.Error("it is not kept for the model")
	}
	if r := s.Scene().Run().Job.Recipe; !slices.Equal(r.TextEncoders, []string{"t5xxl.safetensors"}) {
		t.Errorf("the recipe says %q", r.TextEncoders)
	}
	s.SetTextEncoder("T5", "")
	settled()
	s.Use(app.Recipe{Model: "a", Prompt: "x", Steps: 3, TextEncoders: []string{"/else/where/t5xxl.safetensors"}})
	settled()
	if s.Settings.TextEncoders[2] != t5.Path {
		t.Errorf("the recipe's is not taken: %q", s.Settings.TextEncoders)
	}
}
