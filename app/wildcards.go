package app

import (
	"path/filepath"

	"nirvana/app/wildcard"
	"nirvana/engine"
)

// fromFiles puts the lines of wildcard files into a request's prompts; its seed draws of them, and recipes have what was drawn.
func (s *Studio) fromFiles(q *engine.Request) error {
	if s.options.Home == "" {
		return nil
	}
	return wildcard.Into(q, filepath.Join(s.options.Home, "wildcards"))
}

// unreadable tells of a wildcard that names no file; then there is no run.
func (s *Studio) unreadable() bool {
	q := s.Settings.Request()
	err := s.fromFiles(&q)
	if err != nil {
		s.Fail("The picture could not be made", err, "", nil)
	}
	return err != nil
}
