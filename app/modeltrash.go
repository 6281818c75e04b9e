package app

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// modelTrash is the folder that removed models wait in.
func (s *Studio) modelTrash() string { return filepath.Join(s.options.Home, "trash") }

// TrashSize is what the removed models take of the disk, bytes; 0 where there are none.
func (s *Studio) TrashSize() int64 {
	if s.options.Home == "" {
		return 0
	}
	var total int64
	filepath.WalkDir(s.modelTrash(), func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read is not counted
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	return total
}

// EmptyTrash deletes the removed models for good.
func (s *Studio) EmptyTrash() {
	if s.options.Home == "" {
		return
	}
	size := s.TrashSize()
	if err := os.RemoveAll(s.modelTrash()); err != nil {
		s.Fail("The trash could not be emptied", err, "", nil)
	} else if size > 0 {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("%d MB are free again"), (size+500_000)/1_000_000)})
	}
	s.changed(ChangedModel)
}
