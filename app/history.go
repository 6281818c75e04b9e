package app

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the store, in pure Go

	"nirvana/engine/pixel"
)

// History is every finished picture, newest first. The pictures are PNG files
// with their recipes, named by their content; the index over them is SQLite:
// it gives us full-text search, atomic writes and a journal that survives a
// power cut, and it can be made again from the files. Its methods may be called from any goroutine.
type History struct {
	folder string
	db     *sql.DB
}

// Entry is one picture of the history.
type Entry struct {
	ID     int64
	Path   string // of the PNG
	Recipe Recipe
	Made   time.Time
	Width  int
	Height int
	Star   bool
}

// openHistory opens or makes the history under a folder; "" keeps it in memory, without pictures.
func openHistory(folder string) (*History, error) {
	h := &History{folder: folder}
	name := "file::memory:"
	if folder != "" {
		if err := os.MkdirAll(filepath.Join(folder, "pictures"), 0o755); err != nil {
			return nil, fmt.Errorf("the history folder %s cannot be made: %w", folder, err)
		}
		name = "file:" + filepath.ToSlash(filepath.Join(folder, "history.db")) + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)"
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("the history cannot be opened: %w", err)
	}
	db.SetMaxOpenConns(1)
	h.db = db
	if err := h.tables(); err != nil {
		db.Close()
		return nil, err
	}
	return h, nil
}

func (h *History) tables() error {
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS picture (id INTEGER PRIMARY KEY, file TEXT NOT NULL, made INTEGER NOT NULL, width INTEGER NOT NULL,
			height INTEGER NOT NULL, star INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, recipe TEXT NOT NULL, thumb BLOB NOT NULL)`,
		`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(prompt, negative, model, tokenize = 'unicode61 remove_diacritics 2')`,
		`CREATE INDEX IF NOT EXISTS picture_file ON picture (file)`,
	} {
		if _, err := h.db.Exec(q); err != nil {
			return fmt.Errorf("the history cannot be opened: move %s away and start again: %w", filepath.Join(h.folder, "history.db"), err)
		}
	}
	return nil
}

// Add stores a picture with its recipe and returns its id.
func (h *History) Add(img *image.RGBA, r Recipe) (int64, error) {
	file := ""
	if h.folder != "" {
		var err error
		if file, err = h.keep(img, &r); err != nil {
			return 0, err
		}
	}
	js, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	made, err := time.Parse(time.RFC3339, r.Made)
	if err != nil {
		made = time.Now()
	}
	if id, ok := h.has(file); ok {
		return id, nil
	}
	tx, err := h.db.Begin()
	if err != nil {
		return 0, fmt.Errorf("the history cannot be written: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.Exec(`INSERT INTO picture (file, made, width, height, recipe, thumb) VALUES (?, ?, ?, ?, ?, ?)`,
		file, made.UnixMilli(), img.Rect.Dx(), img.Rect.Dy(), string(js), thumbnail(img))
	if err != nil {
		return 0, fmt.Errorf("the history cannot be written: %w", err)
	}
	id, _ := res.LastInsertId()
	if _, err = tx.Exec(`INSERT INTO words (rowid, prompt, negative, model) VALUES (?, ?, ?, ?)`, id, r.Prompt, r.Negative, r.Model); err != nil {
		return 0, fmt.Errorf("the history cannot be written: %w", err)
	}
	return id, tx.Commit()
}

// has finds the entry of a file: a run that was cut off after its last step
// makes the same picture again.
func (h *History) has(file string) (id int64, ok bool) {
	if file == "" {
		return 0, false
	}
	err := h.db.QueryRow(`SELECT id FROM picture WHERE file = ? AND gone = 0`, file).Scan(&id)
	return id, err == nil
}

// keep writes a picture under the hash of its bytes, unless it is there already, and gives its name.
func (h *History) keep(img *image.RGBA, r *Recipe) (string, error) {
	data, err := encode(img, r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:]) + ".png"
	path := filepath.Join(h.folder, "pictures", name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	return name, pixel.WriteFile(path, data)
}

// Starred, in front of a search, leaves the starred entries alone.
const Starred = "★ "

// where is a search in SQL: every word a prefix that has to be there.
func where(search string) (string, []any) {
	q, args := ` FROM picture WHERE gone = 0`, []any{}
	search, starred := strings.CutPrefix(search, Starred)
	if starred {
		q += ` AND star = 1`
	}
	if m := match(search); m != "" {
		q += ` AND id IN (SELECT rowid FROM words WHERE words MATCH ?)`
		args = append(args, m)
	}
	return q, args
}

// List gives entries newest first, from the offset on. A search finds words of
// prompts by their beginnings; all of them have to be there.
func (h *History) List(search string, offset, limit int) ([]Entry, error) {
	q, args := where(search)
	rows, err := h.db.Query(`SELECT id, file, made, width, height, star, recipe`+q+` ORDER BY id DESC LIMIT ? OFFSET ?`, append(args, limit, offset)...)
	if err != nil {
		return nil, fmt.Errorf("the history cannot be searched: %w", err)
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

func (h *History) scan(rows *sql.Rows) (Entry, error) {
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

// match is the search as FTS5 takes it: every word a quoted prefix.
func match(search string) string {
	var words []string
	for _, w := range strings.Fields(search) {
		words = append(words, `"`+strings.ReplaceAll(w, `"`, `""`)+`"*`)
	}
	return strings.Join(words, " ")
}

// Count is the number of entries that a search finds.
func (h *History) Count(search string) (n int, err error) {
	q, args := where(search)
	err = h.db.QueryRow(`SELECT count(*)`+q, args...).Scan(&n)
	return n, err
}

// Picture loads an entry's picture.
func (h *History) Picture(e Entry) (*image.RGBA, error) {
	if h.folder == "" {
		return nil, errors.New("this studio keeps no pictures: it was started without a data folder")
	}
	return pixel.Load(e.Path)
}

// ThumbSide is the longer side of thumbnails, px.
const ThumbSide = 192

func thumbnail(img *image.RGBA) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Flattened(pixel.Thumbnail(img, ThumbSide), image.Black), &jpeg.Options{Quality: 88}); err != nil {
		return []byte{} // a picture without pixels
	}
	return b.Bytes()
}

// Thumbnail is an entry's small picture. Fast; may be called from any goroutine.
func (h *History) Thumbnail(id int64) (*image.RGBA, error) {
	var data []byte
	if err := h.db.QueryRow(`SELECT thumb FROM picture WHERE id = ?`, id).Scan(&data); err != nil {
		return nil, fmt.Errorf("the history cannot be read: %w", err)
	}
	return pixel.Decode(bytes.NewReader(data))
}

// Star marks an entry; Delete and Restore take it out of the list and bring it
// back. The file stays.
func (h *History) Star(id int64, on bool) error { return h.mark(`star`, id, on) }

// Delete hides an entry.
func (h *History) Delete(id int64) error { return h.mark(`gone`, id, true) }

// Restore brings it back.
func (h *History) Restore(id int64) error { return h.mark(`gone`, id, false) }

func (h *History) mark(column string, id int64, on bool) error {
	_, err := h.db.Exec(`UPDATE picture SET `+column+` = ? WHERE id = ?`, on, id)
	if err != nil {
		return fmt.Errorf("the history cannot be written: %w", err)
	}
	return nil
}

// Close closes the index.
func (h *History) Close() error {
	if h == nil || h.db == nil {
		return nil
	}
	return h.db.Close()
}
