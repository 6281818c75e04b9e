// Package files reads and writes the user's files: pictures with their recipes and layers, projects, earlier work.
// Files are read whole, so that using them afterwards is fast. It has values and no state, so it runs in the
// background. Start with Reader, Export and Save.
package files

import (
	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/engine/pixel"
)

// Reader reads the artist's files, on any goroutine.
type Reader struct {
	Disk    disk.System
	History History // takes a project's pictures in
}

// History is where the pictures of a project's history go.
type History interface {
	Import(png []byte) (id int64, err error)
}

// Picture is a picture file as it was read, with the recipe that it carries.
type Picture struct {
	Path    string
	File    *pixel.File
	Found   recipe.Found
	Carries bool          // Found is there
	Layers  *layers.Stack // of a Photoshop file; nil: the picture alone
	Apart   bool          // its layers do what ours cannot
}

// Picture reads a picture file, or one of Photoshop with its layers.
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

// Recipe is the recipe that it carries; nil without one.
func (p *Picture) Recipe() *recipe.Recipe {
	if !p.Carries {
		return nil
	}
	return &p.Found.Recipe
}

// FoundIn reads the recipe of a picture file with the program that wrote it and what cannot be carried over.
func FoundIn(path string) (recipe.Found, bool) {
	f, err := recipe.ReadFile(path)
	f.Lost = append(f.Lost, settings.Unset(f.Recipe)...)
	return f, err == nil
}
