package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/engine/pixel"
)

// keepDeleted is how long a deleted picture can be brought back, in ms.
const keepDeleted = 30 * 24 * 3600 * 1000

// DeletePictures takes entries out of the history; the notice's button brings
// them back. Their files go after thirty days.
func (s *Studio) DeletePictures(entries []Entry) {
	if len(entries) == 0 {
		return
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("Deleted from the history: %d"), len(entries)), Advice: s.say("They can be put back for thirty days."),
		Action: s.say("Undo"), Do: func() { s.RestorePictures(entries) }})
	s.markEach(entries, func(id int64) error { return s.History.deleteAt(id, s.now().UnixMilli()) })
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
	data, err := os.ReadFile(e.Path)
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

// deleteAt hides an entry and notes when.
func (h *History) deleteAt(id, ms int64) error { return h.mark(`gone`, id, ms) }

// purge removes for good what was deleted long ago: before thirty days were over
// when something was last made or deleted, whatever a clock that jumped says now.
func (h *History) purge(now int64) error {
	x, err := h.ready()
	if err != nil {
		return err
	}
	var last int64
	if err := x.db.QueryRow(`SELECT coalesce(max(max(made), max(gone)), 0) FROM picture`).Scan(&last); err != nil {
		return err
	}
	now = min(now, last+24*3600*1000)
	rows, err := x.db.Query(`SELECT id, file FROM picture WHERE gone > 1 AND gone < ?`, now-keepDeleted)
	if err != nil {
		return err
	}
	files := map[int64]string{}
	for rows.Next() {
		var id int64
		var file string
		if err := rows.Scan(&id, &file); err != nil {
			rows.Close()
			return err
		}
		files[id] = file
	}
	rows.Close()
	for id, file := range files {
		var others int
		if err := x.db.QueryRow(`SELECT count(*) FROM picture WHERE file = ? AND id <> ?`, file, id).Scan(&others); err != nil {
			return err
		}
		if file != "" && others == 0 {
			os.Remove(filepath.Join(h.folder, "pictures", filepath.Base(file)))
		}
		for _, q := range []string{`DELETE FROM words WHERE rowid = ?`, `DELETE FROM picture WHERE id = ?`} {
			if _, err := x.db.Exec(q, id); err != nil {
				return err
			}
		}
	}
	return nil
}
