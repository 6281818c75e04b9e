package history

import (
	"os"
	"path/filepath"
	"time"
)

// Kept is how long a deleted picture can be restored.
const Kept = 30 * 24 * time.Hour

// Purge deletes pictures for good that were deleted more than thirty days before the newest picture or deletion. The
// current time is not used, since a clock may jump.
func (h *Store) Purge(at time.Time) error {
	x, err := h.ready()
	if err != nil {
		return err
	}
	var last int64
	if err := x.db.QueryRow(`SELECT coalesce(max(max(made), max(gone)), 0) FROM picture`).Scan(&last); err != nil {
		return err
	}
	now := min(at.UnixMilli(), last+24*3600*1000)
	rows, err := x.db.Query(`SELECT id, file FROM picture WHERE gone > 1 AND gone < ?`, now-Kept.Milliseconds())
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
		h.notifyDeleted(id)
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

func (h *Store) notifyDeleted(id int64) {
	if h.Gone == nil {
		return
	}
	if list, err := h.Entries([]int64{id}); err == nil && len(list) == 1 {
		h.Gone(h.Whole(list[0]))
	}
}
