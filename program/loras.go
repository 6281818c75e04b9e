package program

import (
	"image"

	"nirvana/app"
	"nirvana/engine/pixel"
	"nirvana/models"
	"nirvana/models/installation"
	"nirvana/models/listing"
)

// previewSide is the most that a preview is wide or high, px.
const previewSide = 320

// loras reports the LoRAs that prompts to a model can call, by their names first; what lies beside ten thousand files takes
// seconds to read.
func (f *folders) loras(model string, tell func([]app.LoRA)) {
	of, err := models.Read(model)
	if err != nil {
		of = models.Folder{Dir: model} // the folder of the artist's own LoRAs is there all the same
	}
	f.adapters(listing.LoRA, of.LoRAs(listing.Home(listing.LoRA, homeOrNone())), tell)
}

// embeddings reports the embeddings that prompts to a model can name, likewise.
func (f *folders) embeddings(model string, tell func([]app.LoRA)) {
	of, err := models.Read(model)
	if err != nil {
		of = models.Folder{Dir: model}
	}
	files, _ := of.Embeddings(listing.Home(listing.Embedding, homeOrNone()))
	f.adapters(listing.Embedding, files, tell)
}

// adapters reports files by their names, without those that are known to be of another kind, and then with what lies beside
// them. Headers are read once, and kept.
func (f *folders) adapters(kind listing.Kind, files []models.Adapter, tell func([]app.LoRA)) {
	all := []app.LoRA{}
	seen := map[string]bool{}
	for _, a := range files {
		if c := f.cache.Card(a.Path); (c.Kind == kind || c.Kind == listing.Unknown) && !seen[a.Path] {
			seen[a.Path] = true
			all = append(all, app.LoRA{Name: a.Name, Path: a.Path})
		}
	}
	f.cache.Save() // a full disk is no reason not to list them
	tell(all)
	full := make([]app.LoRA, len(all))
	for i, l := range all {
		s := installation.Beside(l.Path)
		l.Preview, l.Words, l.Weight = s.Preview, s.Words, s.Weight
		full[i] = l
	}
	tell(full)
}

// preview is a picture of a file, small.
func preview(path string) (image.Image, error) {
	img, err := pixel.Load(path)
	if err != nil {
		return nil, err
	}
	return pixel.Thumbnail(img, previewSide), nil
}
