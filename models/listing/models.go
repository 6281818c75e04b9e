package listing

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"nirvana/engine/fault"
	"nirvana/models/files"
	"nirvana/models/installation"
)

// indexName is the file that makes a folder a model in diffusers' layout.
const indexName = "model_index.json"

// batch is how many models are told of at once.
const batch = 250

var weightEndings = []string{".safetensors", ".sft", ".gguf"}

// Models tells, as they are found, of the models in the folder of another program, or in a plain folder of checkpoints and the
// folders in it, and gives the folders that were looked into. What is no model is left out. A folder that is not there is an error.
func (c *Cache) Models(ctx context.Context, root string, tell func([]Card)) (folders []string, err error) {
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, fault.Missing.Errorf("the folder %s is not there: connect its disk, or take it out of the model folders", root)
	}
	l := lister{cache: c, ctx: ctx, tell: tell, sums: map[string]uint64{}, seen: map[string]bool{}}
	kept := installation.Read(root)
	from := kept[installation.Checkpoints]
	if len(from) == 0 {
		from = []string{root}
	}
	for _, dir := range from {
		l.look(dir)
	}
	l.flush()
	for _, kind := range []installation.Kind{installation.TextEncoders, installation.VAEs, installation.LoRAs, installation.Embeddings, installation.ControlNets, installation.Upscalers} {
		l.folders = append(l.folders, kept[kind]...)
	}
	if ctx.Err() != nil {
		return l.folders, ctx.Err()
	}
	return l.folders, c.Save()
}

// lister gathers one listing.
type lister struct {
	cache   *Cache
	ctx     context.Context
	tell    func([]Card)
	sums    map[string]uint64
	seen    map[string]bool
	found   []Card
	folders []string
}

func (l *lister) look(dir string) {
	l.folders = append(l.folders, dir)
	files.Walk(dir, func(w files.Walked) bool {
		switch {
		case w.Dir:
			if isModel(w.Path) {
				l.card(w.Path)
				return false
			}
			l.folders = append(l.folders, w.Path)
		case slices.Contains(weightEndings, w.Ending()):
			l.card(w.Path)
		}
		return l.ctx.Err() == nil
	})
}

func (l *lister) card(path string) {
	if l.seen[path] {
		return
	}
	l.seen[path] = true
	if c := l.cache.card(path, l.sums); c.Kind == Model {
		l.found = append(l.found, c)
	}
	if len(l.found) >= batch {
		l.flush()
	}
}

func (l *lister) flush() {
	if len(l.found) > 0 {
		l.tell(l.found)
		l.found = nil
	}
}

// isModel says that a folder is a model in diffusers' layout.
func isModel(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, indexName))
	return err == nil
}

// Files are the cards of the files under folders that are of one of the kinds, in the order of their folders and names.
func (c *Cache) Files(ctx context.Context, dirs []string, kinds ...Kind) (found []Card) {
	sums, seen := map[string]uint64{}, map[string]bool{}
	for _, dir := range dirs {
		files.Walk(dir, func(w files.Walked) bool {
			if !w.Dir && !seen[w.Path] && (slices.Contains(weightEndings, w.Ending()) || w.Ending() == ".onnx" && slices.Contains(kinds, Upscaler)) {
				seen[w.Path] = true
				if card := c.card(w.Path, sums); slices.Contains(kinds, card.Kind) {
					found = append(found, card)
				}
			}
			return ctx.Err() == nil
		})
	}
	return found
}
