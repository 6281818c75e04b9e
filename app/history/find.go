package history

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Starred as a search's prefix finds only starred entries.
const Starred = "★ "

// Deleted as a search's prefix finds deleted entries instead.
const Deleted = "␡ "

// Find returns the ids of entries, newest first. A search finds words of prompts
// by their beginnings; all of them have to be there.
func (h *Store) Find(search string) ([]int64, error) {
	x, err := h.here()
	if err != nil {
		return nil, err
	}
	q, args := where(search)
	rows, err := x.read.Query(`SELECT id`+q+` ORDER BY id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("the history cannot be searched: %w", err)
	}
	return idsOf(rows)
}

// idsOf reads rows of one id each, and closes them.
func idsOf(rows *sql.Rows) (ids []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("the history cannot be searched: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Entries reads entries by their ids, in this order; missing ones are left out.
func (h *Store) Entries(ids []int64) ([]Entry, error) {
	x, err := h.here()
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	js, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := x.read.Query(`SELECT p.id, file, made, width, height, star, recipe FROM json_each(?) AS wanted JOIN picture AS p ON p.id = wanted.value ORDER BY wanted.key`, string(js))
	if err != nil {
		return nil, fmt.Errorf("the history cannot be read: %w", err)
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		e, err := h.scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// List returns entries newest first, from the offset on, as Find does.
func (h *Store) List(search string, offset, limit int) ([]Entry, error) {
	ids, err := h.Find(search)
	if err != nil {
		return nil, err
	}
	offset = min(offset, len(ids))
	return h.Entries(ids[offset:min(offset+limit, len(ids))])
}

// Count is the number of entries that a search finds.
func (h *Store) Count(search string) (n int, err error) {
	x, err := h.here()
	if err != nil {
		return 0, err
	}
	q, args := where(search)
	err = x.read.QueryRow(`SELECT count(*)`+q, args...).Scan(&n)
	return n, err
}

// where is a search in SQL: every word a prefix that has to be there.
func where(search string) (string, []any) {
	search, deleted := strings.CutPrefix(search, Deleted)
	search, starred := strings.CutPrefix(search, Starred)
	q, args := ` FROM picture WHERE gone = 0`, []any{}
	if deleted {
		q = ` FROM picture WHERE gone <> 0`
	}
	if starred {
		q += ` AND star = 1`
	}
	if m := match(search); m != "" {
		q += ` AND id IN (SELECT rowid FROM words WHERE words MATCH ?)`
		args = append(args, m)
	}
	return q, args
}

// match is the search as FTS5 takes it: every word a quoted prefix.
func match(search string) string {
	var words []string
	for _, w := range strings.Fields(search) {
		words = append(words, `"`+strings.ReplaceAll(w, `"`, `""`)+`"*`)
	}
	return strings.Join(words, " ")
}

func (h *Store) scan(rows *sql.Rows) (Entry, error) {
	var e Entry
	var made int64
	var js string
	if err := rows.Scan(&e.ID, &e.Path, &made, &e.Width, &e.Height, &e.Star, &js); err != nil {
		return e, fmt.Errorf("the history cannot be read: %w", err)
	}
	e.Made, e.Path = time.UnixMilli(made), filepath.Join(h.folder, "pictures", e.Path)
	if err := json.Unmarshal([]byte(js), &e.Recipe); err != nil {
		return e, fmt.Errorf("the history cannot be read: %w", err)
	}
	return e, nil
}

// Of are the entries with the steps of a key, see recipe.Recipe.Trajectory; including deleted ones.
func (h *Store) Of(trajectory string) ([]Entry, error) {
	x, err := h.here()
	if err != nil {
		return nil, err
	}
	rows, err := x.read.Query(`SELECT id FROM picture WHERE recipe LIKE ? AND json_extract(recipe, '$.trajectory') = ?`, "%"+trajectory+"%", trajectory)
	if err != nil {
		return nil, fmt.Errorf("the history cannot be searched: %w", err)
	}
	ids, err := idsOf(rows)
	if err != nil {
		return nil, err
	}
	rows.Close()
	return h.Entries(ids)
}
