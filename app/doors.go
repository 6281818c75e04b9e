package app

import (
	"image"
	"io"

	"nirvana/engine/pixel"
)

// Tell shows something that is no error.
func (s *Studio) Tell(n *Notice) { s.notify(n) }

// Paste places a picture read from r with its corner at the point.
func (d *Document) Paste(r io.Reader, at image.Point) error {
	img, err := pixel.Decode(r)
	if err != nil {
		return err
	}
	d.Place(img, at)
	return nil
}

// Folder is where the pictures lie.
func (h *History) Folder() string { return h.folder }
