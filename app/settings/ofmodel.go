package settings

import (
	"maps"
	"slices"

	"nirvana/app/library"
)

// OfModel is what is chosen for a model and remembered while others are used.
type OfModel struct {
	VAE          string           `json:",omitempty"`
	TextEncoders library.Encoders `json:",omitzero"`
	Prediction   string           `json:",omitempty"`
}

// UseModel changes to another model and restores its choices; the current ones are remembered for the old model.
func (t *Settings) UseModel(name, dir string) {
	if t.Model == name && t.ModelDir == dir {
		return
	}
	kept := maps.Clone(t.OfModels)
	if kept == nil {
		kept = map[string]OfModel{}
	}
	was := OfModel{t.VAE, t.TextEncoders, t.Prediction}
	if delete(kept, t.ModelDir); t.ModelDir != "" && was != (OfModel{}) {
		kept[t.ModelDir] = was
	}
	of := kept[dir]
	delete(kept, dir)
	t.Model, t.ModelDir, t.OfModels = name, dir, kept
	t.VAE, t.TextEncoders, t.Prediction = of.VAE, of.TextEncoders, of.Prediction
	if len(kept) == 0 {
		t.OfModels = nil
	}
}

// With returns the files that the model is opened with: a VAE, text encoders, and ControlNets that are not its own, each
// once.
func (t *Settings) With() (w library.With) {
	w.VAE, w.TextEncoders = t.VAE, t.TextEncoders
	i := 0
	for _, c := range t.Controls() {
		if c.NetFile != "" && !slices.Contains(w.Controls[:i], c.NetFile) {
			w.Controls[i] = c.NetFile
			i++
		}
	}
	return w
}
