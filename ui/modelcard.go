package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// aboutModel shows the open model's card: its facts, and what its files may not say.
func (w *Window) aboutModel() {
	f := w.studio.Facts
	if f.Name == "" {
		w.inform(say("Model"), say("No model is open."))
		return
	}
	text := sayf("%s\n%s\ntrained at %d x %d px, sizes in steps of %d px\nits own sampler: %s\nfingerprint %.16s", f.Name, kindSaid(f.Kind), f.Width, f.Height, f.Multiple, f.Sampler, f.Hash)
	if m, ok := w.studio.Chosen(); ok {
		text += "\n" + bytesText(m.Bytes)
		if m.Licence != "" {
			text += ", " + sayf("licence %s", m.Licence)
		}
	}
	card := container.NewVBox(widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{}))
	if row := w.predictionRow(f.Prediction); row != nil {
		card.Add(row)
	}
	w.show(w.custom(say("Model"), card))
}

// modelKinds are kinds of models without a name of their own; names are the same in all languages.
var modelKinds = []string{"unconditional", "text to image", "latent diffusion", "latent diffusion, inpainting", "latent diffusion, depth to image",
	"latent diffusion with ControlNet", "latent consistency model", "pixel space", "pixel space, class-conditional"}

// kindSaid is a kind of models in the artist's language: a family's name, or what it does.
func kindSaid(kind string) string {
	if slices.Contains(modelKinds, kind) {
		return say(kind)
	}
	return kind
}

// predictions are what a network may predict, by engine.Predictions, as the card names them.
var predictions = []struct{ value, name string }{{"epsilon", "Noise (epsilon)"}, {"v", "Velocity (v)"}, {"v-zsnr", "Velocity, zero terminal SNR"}}

// predictionName is how the card names what a model's files say.
func predictionName(value string) string {
	for _, p := range predictions {
		if p.value == value {
			return say(p.name)
		}
	}
	return value
}

// predictionRow is the switch for what the network predicts, for models of which files may say that wrongly; nil for others.
func (w *Window) predictionRow(found string) fyne.CanvasObject {
	if !slices.ContainsFunc(predictions, func(p struct{ value, name string }) bool { return p.value == found }) {
		return nil
	}
	names := []string{sayf("Automatic: %s", predictionName(found))}
	at := 0
	for i, p := range predictions {
		names = append(names, say(p.name))
		if p.value == w.studio.Settings.Prediction {
			at = i + 1
		}
	}
	s := w.selector(names, nil)
	s.SetSelectedIndex(at)
	s.OnChanged = func(string) {
		value := ""
		if i := s.SelectedIndex(); i > 0 {
			value = predictions[i-1].value
		}
		w.studio.Set(func(t *app.Settings) { t.Prediction = value })
	}
	note := caption(say("Wrong colours or a grey haze mean that this is another. It is kept for this file."))
	row := container.NewBorder(nil, nil, w.tips.label(say("Predicts"), explained["Predicts"]), nil, s)
	return container.NewVBox(row, container.New(layout.NewCenterLayout(), note))
}
