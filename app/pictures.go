package app

import (
	"errors"
	"fmt"
	"path/filepath"

	"nirvana/app/files"
	"nirvana/app/history"
)

// Entry is one picture of the history.
type Entry = history.Entry

// Starred and Deleted stand in front of a search.
const (
	Starred = history.Starred
	Deleted = history.Deleted
)

// DeletePictures takes entries out of the history; the notice's button brings
// them back. Their files go after thirty days.
func (s *Studio) DeletePictures(entries []Entry) {
	if len(entries) == 0 {
		return
	}
	headline := s.say("1 picture moved to the trash")
	if len(entries) > 1 {
		headline = fmt.Sprintf(s.say("%d pictures moved to the trash"), len(entries))
	}
	s.Tell(&Notice{Headline: headline, Advice: s.say("They can be put back for thirty days."),
		Action: s.say("Undo"), Do: func() { s.RestorePictures(entries) }})
	s.markEach(entries, func(id int64) error { return s.History.Delete(id, s.now()) })
}

// RestorePictures puts deleted entries back into the history.
func (s *Studio) RestorePictures(entries []Entry) { s.markEach(entries, s.History.Restore) }

func (s *Studio) markEach(entries []Entry, mark func(id int64) error) {
	var err error
	for _, e := range entries {
		err = errors.Join(err, mark(e.ID))
	}
	s.Fail("The history could not be changed", err, "", nil)
	s.changed(ChangedHistory)
}

// ExportPictures copies entries' files, recipes and all, into a folder, in the background. None of those there is
// written over.
func (s *Studio) ExportPictures(entries []Entry, dir string) {
	var list []files.Copy
	for _, e := range entries {
		list = append(list, files.Copy{From: e.Path, Name: fmt.Sprintf("%s-%d", e.Made.Format("2006-01-02-150405"), e.Recipe.Seed)})
	}
	s.Beside(func() func() {
		err := files.CopyTo(dir, list)
		return func() {
			if err != nil {
				s.Fail("The pictures were not exported", err, "", nil)
				return
			}
			s.Tell(&Notice{Headline: fmt.Sprintf(s.say("Exported to %s: %d"), filepath.Base(dir), len(list))})
		}
	})
}
