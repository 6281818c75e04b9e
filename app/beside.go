package app

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"nirvana/app/keep"
	"nirvana/app/layers"
	"nirvana/app/project"
	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Reading and writing files takes its time: it has values, and may go on beside the owner.

// Beside works something out beside the owner, and then does what came of it on the owner.
func (s *Studio) Beside(work func() (then func())) {
	s.aside(func() { s.post(work()) })
}

// PictureFile is a picture file as it was read, with the recipe that it carries.
type PictureFile struct {
	path    string
	file    *pixel.File
	Found   recipe.Found
	Carries bool // Found is there
	layered      // of Photoshop's files
}

// layered is a picture with its layers.
type layered struct {
	stack *layers.Stack
	apart bool // its layers do what ours cannot
}

// ReadPicture reads a picture file, on any goroutine.
func (s *Studio) ReadPicture(path string) (*PictureFile, error) {
	if isPhotoshop(path) {
		return s.readPhotoshop(path)
	}
	f, err := pixel.Open(path)
	if err != nil {
		return nil, err
	}
	p := &PictureFile{path: path, file: f}
	p.Found, p.Carries = FoundIn(path)
	return p, nil
}

// TakePicture makes a picture file the document.
func (s *Studio) TakePicture(p *PictureFile) {
	var made *Recipe
	if p.Carries {
		made = &p.Found.Recipe
	}
	s.begin(p.file, p.path, made)
	s.sayOf(p.file.Notices)
	if isPhotoshop(p.path) {
		s.takePhotoshop(p)
	}
}

// ProjectFile is an OpenRaster file as it was read.
type ProjectFile struct {
	path  string
	file  *project.File
	saved *keep.Project
	err   error
	projectPictures
}

// projectPictures are the large ones of a project.
type projectPictures struct {
	picture        *image.RGBA
	stack          *layers.Stack
	mask, scribble *image.Gray
	drawn          error
	// Where another program has changed the layers, what they are now.
	elsewhere *layers.Stack
	painted   *image.RGBA
}

// ReadProject reads an OpenRaster file, on any goroutine. What is wrong with it is said when it is taken.
func (s *Studio) ReadProject(path string) *ProjectFile {
	p := &ProjectFile{path: path}
	err := fault.Guarded(func() error {
		p.file, p.saved, p.err = keep.ReadProject(s.options.Disk, path)
		if p.err == nil && p.saved != nil {
			p.projectPictures = pictured(p.file, *p.saved)
		}
		return nil
	})
	if err != nil {
		p.err = err
	}
	return p
}

func pictured(f *project.File, saved keep.Project) (p projectPictures) {
	b := keep.Blobs{Entries: f.Entries, Spend: f.Spend}
	p.picture, p.stack, p.drawn = saved.Document.Drawn(b)
	if p.drawn == nil {
		p.mask, p.scribble = b.LoadGrey(saved.Mask, &p.drawn), b.LoadGrey(saved.Scribble, &p.drawn)
	}
	if p.drawn == nil {
		p.elsewhere, p.painted = keep.PaintedElsewhere(f, saved, p.picture)
	}
	return p
}

// ExportLater is Export's writing, on any goroutine, of what is shown now.
func (s *Studio) ExportLater(path string) func() error {
	img, corner := s.Shown()
	if img == nil {
		return func() error {
			return fault.NeedsInput.Errorf("there is no picture to export yet: generate or open one first")
		}
	}
	straight, made := s.Document.Straightener(corner), s.ShownRecipe()
	if strings.EqualFold(filepath.Ext(path), ".psd") {
		return s.exportPhotoshop(path, img, straight)
	}
	return func() error {
		data, err := encodeAs(filepath.Ext(path), straight(img), made)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return pixel.WriteFile(path, data)
	}
}
