package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine"
)

// Each control is there for the models that have what it steers, and for no others.
func TestControlsOfKinds(t *testing.T) {
	w := window(t, Options{})
	p := w.panel
	w.studio.Models = []app.ModelInfo{{Name: "base", Dir: "base"}, {Name: "refiner", Dir: "refiner", Refiner: true}}
	controls := map[string]fyne.CanvasObject{"image": p.kinds.image.box, "truth": p.kinds.truth.box, "score": p.kinds.score.box, "depth": p.kinds.depthRow, "references": p.references.box,
		"refiner": p.kinds.refinerRow, "sizes": p.kinds.sizes.box, "control": p.control.fold.box, "class": p.classRow, "text": p.textRows,
		"guidance": p.guidanceRow, "clip": p.kinds.clip.box, "negative": p.negativeFold.box}
	for _, c := range []struct {
		name  string
		facts engine.Facts
		want  string
	}{
		{"plain", engine.Facts{Text: true, Guided: true, Negative: true, ClipSkip: true}, "text guidance negative clip"},
		{"InstructPix2Pix", engine.Facts{Text: true, Guided: true, Negative: true, Instruct: true, PictureGuided: true}, "text guidance negative image"},
		{"depth", engine.Facts{Text: true, Guided: true, Negative: true, Depth: true}, "text guidance negative depth"},
		{"SDXL", engine.Facts{Text: true, Guided: true, Negative: true, Sizes: true}, "text guidance negative sizes refiner"},
		{"FLUX.2 klein", engine.Facts{Text: true, Guided: true, Negative: true, References: 4}, "text guidance negative references"},
		{"refiner", engine.Facts{Text: true, Guided: true, Negative: true, Refiner: true}, "text guidance negative score"},
		{"FLUX", engine.Facts{Text: true, DistilledGuidance: true, TrueGuided: true}, "text guidance truth"},
		{"LCM", engine.Facts{Text: true, DistilledGuidance: true}, "text guidance"},
		{"ControlNet", engine.Facts{Text: true, Guided: true, Negative: true, ControlNets: 1, ControlNames: []string{"controlnet"}}, "text guidance negative control"},
		{"classes", engine.Facts{Classes: []string{"cat", "dog"}}, "class"},
		{"pixels", engine.Facts{}, ""},
	} {
		c.facts.Name = c.name
		w.studio.Facts = c.facts
		w.refresh(app.ChangedModel | app.ChangedSettings)
		want := map[string]bool{}
		for name := range controls {
			want[name] = false
		}
		for _, name := range strings.Fields(c.want) {
			want[name] = true
		}
		for name, o := range controls {
			if o.Visible() != want[name] {
				t.Errorf("%s: %s is shown: %v", c.name, name, o.Visible())
			}
		}
	}
	w.studio.Facts = engine.Facts{Name: "FLUX", Text: true, DistilledGuidance: true, TrueGuided: true}
	w.studio.Set(func(s *app.Settings) { s.TrueGuidance = 3 })
	w.refresh(app.ChangedModel | app.ChangedSettings)
	if !p.negativeFold.box.Visible() {
		t.Error("with true guidance there is no negative prompt")
	}
	w.studio.Facts = engine.Facts{Name: "ControlNet", Text: true, ControlNets: 2, ControlNames: []string{"canny", "pose"}}
	w.refresh(app.ChangedModel)
	p.control.rows[0].source.SetSelectedIndex(2)
	p.control.rows[0].net.SetSelected("pose")
	if c := w.studio.Settings.Control; c.Source != "scribble" || c.Net != "pose" || !w.studio.Settings.Scribbling(w.studio.Facts) {
		t.Errorf("%+v", c)
	}
}
