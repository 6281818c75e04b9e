package tray

import (
	"image"
	"path/filepath"
	"strings"

	"nirvana/app/document"
	"nirvana/app/layers"
	"nirvana/app/recipe"
)

// Sight is what the artist sees: the document with the selected candidate composited into it.
type Sight struct {
	Document *document.Document
	Tray     *Tray

	// Keeps is how a candidate is kept: as a layer, and without clearing the mask.
	Keeps func() (layer, holdMask bool)
}

// Shown is the document as the tray shows it: with the selected candidate in place, on a canvas that holds both. The point
// is where the document's corner is on it.
func (s *Sight) Shown() (*image.RGBA, image.Point) {
	c := s.Tray.Current()
	if c == nil {
		s.Document.Without()
	}
	switch wet := s.Document.Wet(); {
	case wet != nil:
		return wet, image.Point{}
	case c == nil || s.Tray.Comparing:
		return s.Document.Picture, image.Point{}
	}
	return s.Document.With(s.laid(c))
}

// ShownLayers are the layers of what Shown gives; nil where it is a picture alone.
func (s *Sight) ShownLayers() *layers.Stack {
	if c := s.Tray.Current(); c != nil && !s.Tray.Comparing {
		return s.Document.LayersWith(s.laid(c))
	}
	if !s.Document.Layered() {
		return nil
	}
	return s.Document.Stack()
}

// ShownRecipe is the recipe of the picture that is shown; nil if unknown.
func (s *Sight) ShownRecipe() *recipe.Recipe {
	if c := s.Tray.Current(); c != nil && !s.Tray.Comparing {
		return &c.Recipe
	}
	return s.Document.Recipe
}

// ShownName is a file name for what is shown, without an ending: the file's or project's that it came from, or else what
// it was made of; "" where nothing is known.
func (s *Sight) ShownName() string {
	if c := s.Tray.Current(); c == nil || s.Tray.Comparing {
		for _, p := range []string{s.Document.Project, s.Document.Path} {
			if p != "" {
				return strings.TrimSuffix(filepath.Base(p), filepath.Ext(p))
			}
		}
	}
	if made := s.ShownRecipe(); made != nil && made.Words() != "" {
		return made.FileName()
	}
	return ""
}

// laid is a candidate as it is composited into the document.
func (s *Sight) laid(c *Candidate) document.Result {
	out := c.Result()
	out.Layer, _ = s.Keeps()
	return out
}

// Accept composites a candidate into the document; false where there is no memory for it.
func (s *Sight) Accept(c *Candidate) bool {
	_, holdMask := s.Keeps()
	return s.Document.Accept(s.laid(c), &c.Recipe, holdMask)
}

// UseAsPicture makes a candidate alone the document.
func (s *Sight) UseAsPicture(c *Candidate) {
	if s.Document.Set(c.Picture) {
		s.Tray.Clear()
		s.Document.Recipe = &c.Recipe
	}
}
