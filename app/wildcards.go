package app

import (
	"path/filepath"

	"nirvana/app/wildcard"
	"nirvana/engine"
)

// wildcardFolder is where the artist's files of wildcards lie.
func (s *Studio) wildcardFolder() string { return filepath.Join(s.options.Home, "wildcards") }

// fromFiles puts the lines of wildcard files into a request's prompts; its seed draws of them, and recipes have what was drawn.
func (s *Studio) fromFiles(q *engine.Request) error {
	if s.options.Home == "" {
		return nil
	}
	var err error
	if q.Prompt, err = wildcard.Expand(q.Prompt, s.wildcardFolder(), q.Seed); err == nil {
		q.Negative, err = wildcard.Expand(q.Negative, s.wildcardFolder(), q.Seed+1)
	}
	return err
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
