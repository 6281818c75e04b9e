package program

import (
	"context"

	"nirvana/app"
	"nirvana/models"
	"nirvana/models/listing"
)

// readWith describes a model with the files that it is to be opened with.
func readWith(of app.ModelInfo) (models.Folder, error) {
	var nets, vaes []string
	if of.With.VAE != "" {
		vaes = []string{of.With.VAE}
	}
	further, err := models.Further(vaes, of.With.TextEncoders.Files())
	if err != nil {
		return models.Folder{}, err
	}
	for _, net := range of.With.Controls {
		if net != "" {
			nets = append(nets, net)
		}
	}
	f, err := models.ReadWith(of.Dir, further...)
	for i, name := range listing.EncoderNames {
		if file := of.With.TextEncoders[i]; file != "" && err == nil {
			err = models.AsEncoder(name, file)
		}
	}
	if err != nil || len(nets) == 0 {
		return f, err
	}
	return f.WithControls(nets...)
}

// partOf describes a file that goes with a model.
func partOf(c listing.Card) app.Part {
	return app.Part{Name: c.Name(), Path: c.Path, Bytes: c.Bytes, Scale: c.Scale, Encoder: c.Encoder}
}

// kindOf tells what a file is, as the window has it.
func (f *folders) kindOf(path string) (string, app.Part) {
	c := f.cache.Card(path)
	return string(c.Kind), partOf(c)
}

// fits says what is wrong with the files that a model is to be opened with.
func fits(of app.ModelInfo) error {
	_, err := readWith(of)
	return err
}

// parts are the files that go with a model: beside it, in its program's folders, in the data folder and in those that the artist
// added.
func (f *folders) parts(ctx context.Context, model string, roots []string) (out app.Parts) {
	if f.wait(ctx) != nil {
		return out
	}
	of := func(kind listing.Kind) (all []app.Part) {
		for _, c := range f.cache.Beside(ctx, kind, model, homeOrNone(), roots) {
			all = append(all, partOf(c))
		}
		return all
	}
	out = app.Parts{VAEs: of(listing.VAE), TextEncoders: of(listing.TextEncoder), ControlNets: of(listing.ControlNet), Upscalers: of(listing.Upscaler)}
	f.cache.Save() // a full disk is no reason not to list them
	return out
}
