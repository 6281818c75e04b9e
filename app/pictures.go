package app

import (
	"nirvana/app/gallery"
	"nirvana/app/history"
)

// Entry is one picture of the history.
type Entry = history.Entry

// Starred and Deleted are prefixes of a search.
const (
	Starred = history.Starred
	Deleted = history.Deleted
)

func (s *Studio) newGallery() *gallery.Gallery {
	return gallery.New(s.Door, s.Strip, gallery.Hooks{Say: s.say, Now: s.now, Changed: func() { s.changed(ChangedHistory) },
		Made: func(c *Candidate) {
			if c.Document == s.Document.Serial && !c.Partial {
				s.Document.Made = append(s.Document.Made, c.Stored)
			}
		}})
}
