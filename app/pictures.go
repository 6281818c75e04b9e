package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/app/history"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
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
	s.notify(&Notice{Headline: headline, Advice: s.say("They can be put back for thirty days."),
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

// ExportPictures copies entries' files, recipes and all, into a folder. None of those there is written over.
func (s *Studio) ExportPictures(entries []Entry, dir string) {
	for _, e := range entries {
		if err := exportTo(e, dir); err != nil {
			s.Fail("The pictures were not exported", err, "", nil)
			return
		}
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("Exported to %s: %d"), filepath.Base(dir), len(entries))})
}

func exportTo(e Entry, dir string) error {
	data, err := wholefile.Read(e.Path)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", e.Made.Format("2006-01-02-150405"), e.Recipe.Seed)
	for i := 1; ; i++ {
		path := filepath.Join(dir, name+".png")
		if i > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, i))
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return pixel.WriteFile(path, data)
		} else if err != nil {
			return err
		}
	}
}
