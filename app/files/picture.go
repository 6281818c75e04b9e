// Package files reads and writes the user's files: pictures with their recipes and layers, projects, earlier work.
// Files are read completely, so that using them afterwards is fast. It has no state, so it runs in the background.
// Start with Reader, Export and Save.
package files

import (
	"image"

	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/engine/pixel"
)

// Reader reads the artist's files, on any goroutine.
type Reader struct {
	Disk    disk.System
	History History // receives a project's pictures
}

// History receives the pictures of a project's history.
type History interface {
	Import(png []byte) (id int64, err error)
}

// Picture is a picture file with its recipe.
type Picture struct {
	Path    string
	File    *pixel.File
	Found   recipe.Found
	Carries bool          // whether Found is set
	Layers  *layers.Stack // of a Photoshop file; nil: no layers
	Apart   bool          // the file's layers have features that ours lack
}

// Picture reads a picture file, or a Photoshop file with its layers.
func (r Reader) Picture(path string) (*Picture, error) {
	if Photoshop(path) {
		return r.photoshop(path)
	}
	f, err := pixel.Open(path)
	if err != nil {
		return nil, err
	}
	p := &Picture{Path: path, File: f}
	p.Found, p.Carries = FoundIn(path)
	return p, nil
}

// Recipe returns the file's recipe; nil if there is none.
func (p *Picture) Recipe() *recipe.Recipe {
	if !p.Carries {
		return nil
	}
	return &p.Found.Recipe
}

// FoundIn reads the recipe of a picture file, the program that wrote it, and what cannot be carried over.
func FoundIn(path string) (recipe.Found, bool) {
	f, err := recipe.ReadFile(path)
	f.Lost = append(f.Lost, settings.Unset(f.Recipe)...)
	return f, err == nil
}

// Mask reads a mask: a picture's opaque parts or, of an opaque picture, its light ones.
func Mask(path string) (*image.Gray, error) {
	img, err := pixel.Load(path)
	if err != nil {
		return nil, err
	}
	return pixel.MaskOf(img), nil
}
