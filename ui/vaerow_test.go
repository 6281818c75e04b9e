package ui

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine"
)

// studioWith is a window over a studio with two models, beside which lie the files that parts gives.
func studioWith(t *testing.T, parts app.Parts, fits func(app.ModelInfo) error) *Window {
	t.Helper()
	a := testApp(t)
	s, err := app.New(app.Options{Post: fyne.Do, Fits: fits,
		Models: []app.ModelInfo{{Name: "a", Dir: "/m/a.safetensors"}, {Name: "b", Dir: "/m/b.safetensors"}},
		Parts:  func(context.Context, string, []string) app.Parts { return parts }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := New(a, s, Options{})
	settled = func() {
		for range 3 {
			s.Rest()
			a.run()
		}
	}
	s.Open("a")
	settled()
	return w
}

// settled does what was posted to the owner of the studio that was made last.
var settled func()

// The VAE is chosen from a list under the model, is kept for the model when another is used, and one that does not fit is refused
// with the reason and not taken.
func TestVAEChoice(t *testing.T) {
	wrong := errors.New("it has 16 channels")
	w := studioWith(t, app.Parts{VAEs: []app.Part{{Name: "warm", Path: "/v/warm.safetensors"}, {Name: "warm", Path: "/v/sub/warm.safetensors"}}},
		func(m app.ModelInfo) error {
			if m.With.VAE == "/v/flux.safetensors" {
				return wrong
			}
			return nil
		})
	s, vae := w.studio, w.panel.vae
	var told []string
	s.Observe(func(app.Change) {
		if s.Notice != nil {
			told = append(told, s.Notice.Headline)
		}
	})
	w.refresh(^app.Change(0))
	if !vae.box.Visible() || !slices.Equal(vae.vae.Options, []string{"From the model", "warm (1)", "warm (2)"}) || vae.vae.SelectedIndex() != 0 {
		t.Fatalf("%v, %q", vae.box.Visible(), vae.vae.Options)
	}
	vae.vae.SetSelectedIndex(2)
	settled()
	m, _ := s.Chosen()
	if s.Settings.VAE != "/v/sub/warm.safetensors" || m.With.VAE != s.Settings.VAE {
		t.Fatalf("%q, opened with %q", s.Settings.VAE, m.With.VAE)
	}
	s.SetVAE("/v/flux.safetensors")
	settled()
	if s.Settings.VAE != "/v/sub/warm.safetensors" || !slices.Contains(told, "This VAE cannot be used") {
		t.Errorf("one that does not fit: %q, %q", s.Settings.VAE, told)
	}
	s.Open("b")
	settled()
	if m, _ := s.Chosen(); s.Settings.VAE != "" || m.With.VAE != "" {
		t.Errorf("another model has the first one's VAE %q", s.Settings.VAE)
	}
	s.Set(func(t *app.Settings) { t.Prediction = "v" })
	s.Open("a")
	settled()
	w.refresh(^app.Change(0))
	if s.Settings.VAE != "/v/sub/warm.safetensors" || s.Settings.Prediction != "" || vae.vae.SelectedIndex() != 2 {
		t.Errorf("back with the first: %q, %q, %q", s.Settings.VAE, s.Settings.Prediction, vae.vae.Selected)
	}
	if s.Open("b"); s.Settings.Prediction != "v" {
		t.Error("what the other predicts is forgotten")
	}
	r := app.Recipe{Model: "a", Prompt: "x", Steps: 3, VAE: []string{"warm.safetensors"}}
	r.Prediction = "v-zsnr"
	s.Use(r)
	settled()
	if s.Settings.Model != "a" || s.Settings.VAE != "/v/warm.safetensors" || s.Settings.Prediction != "v-zsnr" {
		t.Errorf("a recipe's: %q, %q, %q", s.Settings.Model, s.Settings.VAE, s.Settings.Prediction)
	}
	r.VAE = []string{"gone.safetensors"}
	s.Use(r)
	settled()
	if s.Settings.VAE != "" || !slices.Contains(told, "gone.safetensors is not here, which this picture was made with") {
		t.Errorf("one that is not here: %q, %q", s.Settings.VAE, told)
	}
}

// ControlNets that lie beside the model are in the list of its own, and the model is opened with those that are chosen.
func TestControlNetChoice(t *testing.T) {
	canny := app.Part{Name: "canny", Path: "/c/canny.safetensors"}
	w := studioWith(t, app.Parts{ControlNets: []app.Part{canny}}, nil)
	s, row := w.studio, w.panel.control.rows[0]
	w.refresh(^app.Change(0))
	if !w.panel.control.fold.box.Visible() || !slices.Equal(row.net.Options, []string{"None", "canny"}) {
		t.Fatalf("%q", row.net.Options)
	}
	row.net.SetSelectedIndex(1)
	settled()
	m, _ := s.Chosen()
	if s.Settings.Control.NetFile != canny.Path || m.With.Controls[0] != canny.Path {
		t.Fatalf("%+v, %+v", s.Settings.Control, m.With)
	}
	s.Facts = engine.Facts{Name: "a", ControlNets: 2, ControlNames: []string{"controlnet", "canny"}} // it has one of its own, too
	w.refresh(^app.Change(0))
	if !slices.Equal(row.net.Options, []string{"controlnet", "canny"}) || row.net.Selected != "canny" {
		t.Errorf("%q, %q", row.net.Options, row.net.Selected)
	}
	s.UseControlNet(app.Part{Name: "depth", Path: "/c/depth.safetensors"})
	settled()
	if all := s.Settings.Controls(); len(all) != 1 || all[0].Net != "depth" || all[0].Source != "edges" {
		t.Errorf("%+v", all)
	}
	s.UseControlNet(canny)
	settled()
	if m, _ := s.Chosen(); len(s.Settings.Controls()) != 2 || m.With.Controls[1] != canny.Path {
		t.Errorf("%+v", s.Settings.Controls())
	}
}

// The model's card says what its files say of its prediction, and changes it.
func TestPredictionCard(t *testing.T) {
	w := studioWith(t, app.Parts{}, nil)
	if w.predictionRow("flow") != nil || w.predictionRow("sample") != nil {
		t.Error("a model of another kind has the switch")
	}
	if w.predictionRow("epsilon") == nil || predictionName("v-zsnr") != "Velocity, zero terminal SNR" {
		t.Error("there is no switch")
	}
}
