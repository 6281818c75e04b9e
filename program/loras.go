package program

import (
	"image"
	"path/filepath"

	"nirvana/app"
	"nirvana/engine/pixel"
	"nirvana/models"
	"nirvana/models/installation"
)

// previewSide is the most that a preview is wide or high, px.
const previewSide = 320

// listLoRAs reports the LoRAs that prompts to a model can call, by their names first; what lies beside ten thousand files
// takes seconds to read.
func listLoRAs(model string, tell func([]app.LoRA)) {
	f, err := models.Read(model)
	if err != nil {
		f = models.Folder{Dir: model} // the folder of the artist's own LoRAs is there all the same
	}
	var own []string
	if dir, err := home(); err == nil {
		own = append(own, filepath.Join(dir, "loras"))
	}
	tellAdapters(f.LoRAs(own...), tell)
}

// listEmbeddings reports the embeddings that prompts to a model can name, likewise.
func listEmbeddings(model string, tell func([]app.LoRA)) {
	f, err := models.Read(model)
	if err != nil {
		f = models.Folder{Dir: model}
	}
	var own []string
	if dir, err := home(); err == nil {
		own = append(own, filepath.Join(dir, "embeddings"))
	}
	files, _ := f.Embeddings(own...)
	tellAdapters(files, tell)
}

func tellAdapters(files []models.Adapter, tell func([]app.LoRA)) {
	all := []app.LoRA{}
	for _, a := range files {
		all = append(all, app.LoRA{Name: a.Name, Path: a.Path})
	}
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
