package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite" // the store, in pure Go

	"nirvana/app/journal"
	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// index is the database over the pictures.
type index struct {
	path   string      // "": in memory
	opened os.FileInfo // the file, to notice when it is taken away
	db     *sql.DB     // writes, one at a time
	read   *sql.DB     // reads beside them
}

// IndexFile is the index's name in the history's folder.
const IndexFile = "history.db"

// ErrAway reports that the history's folder is not available.
var ErrAway = fault.Away.Errorf("the history's folder is not there: connect its disk or network again")

// Open opens or makes the history in a folder; "" keeps it in memory, without pictures. A damaged index is moved
// aside, a missing one is rebuilt from the pictures.
func Open(folder string) (*Store, error) {
	h := &Store{folder: folder}
	if folder == "" {
		var err error
		h.index, err = openIndex("")
		return h, err
	}
	if err := os.MkdirAll(filepath.Join(folder, "pictures"), 0o700); err != nil {
		return nil, fault.Unwritable.Errorf("the history folder %s cannot be made: %w", folder, err)
	}
	path := filepath.Join(folder, IndexFile)
	_, missing := os.Stat(path)
	x, err := openIndex(path)
	if damagedIndex(err) {
		aside := path + ".damaged-" + time.Now().UTC().Format("20060102-150405")
		for _, rest := range []string{"", "-wal", "-shm"} {
			if e := os.Rename(path+rest, aside+rest); e != nil && !errors.Is(e, fs.ErrNotExist) {
				return nil, errors.Join(err, e)
			}
		}
		h.Lost = fault.Rebuilt.Errorf("the history's index was damaged and is kept as %s: it is rebuilt from the pictures", aside)
		x, err = openIndex(path)
	}
	if err != nil {
		return nil, err
	}
	h.index = x
	switch files, _ := os.ReadDir(filepath.Join(folder, "pictures")); {
	case errors.Is(missing, fs.ErrNotExist) && len(files) > 0:
		err = x.unfinished(true)
		if h.Lost == nil {
			h.Lost = fault.Rebuilt.Errorf("the history's index %s was missing: it is rebuilt from the pictures", path)
		}
	case x.isUnfinished():
		h.Lost = fault.Rebuilt.Errorf("the history's index %s was not finished: it is made from the pictures", path)
	}
	return h, err
}

// OpenCopy opens a history in a read-only folder. Without an index it is empty.
func OpenCopy(folder string) (*Store, error) {
	h := &Store{folder: folder}
	path := filepath.Join(folder, IndexFile)
	if _, err := os.Stat(path); err != nil {
		h.index, err = openIndex("")
		return h, err
	}
	var err error
	if h.copied, err = wholefile.TemporaryFolder("copy"); err != nil {
		return nil, fault.Unwritable.Errorf("no temporary folder can be made: %w", err)
	}
	if _, err = journal.CopyDB(path, h.copied); err == nil {
		h.index, err = openIndex(filepath.Join(h.copied, IndexFile))
	}
	if err == nil {
		_, err = h.index.db.Exec(`PRAGMA query_only = 1`) // changes of the copy would be lost
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func openIndex(path string) (*index, error) {
	x := &index{path: path}
	name := "file::memory:"
	if path != "" {
		// Immediate transactions, so that two studios that read and then add are serialised.
		name = journal.Address(path) + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)"
	}
	err := journal.Private(path)
	if err != nil {
		return nil, err
	}
	if x.db, err = sql.Open("sqlite", name); err != nil {
		return nil, fmt.Errorf("the history cannot be opened: %w", err)
	}
	x.db.SetMaxOpenConns(1)
	x.read = x.db
	if err := x.tables(); err != nil {
		x.db.Close()
		return nil, err
	}
	if path == "" {
		return x, nil
	}
	if x.read, err = sql.Open("sqlite", name); err == nil {
		x.read.SetMaxOpenConns(2)
		x.opened, err = os.Stat(path)
	}
	if err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

// tables creates missing tables and columns; earlier versions had no columns "whole" and "drawn" and no index "shown".
func (x *index) tables() error {
	wrong := func(err error) error {
		return fault.Unwritable.Errorf("the history cannot be opened: move %s away and start again: %w", x.path, err)
	}
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS picture (id INTEGER PRIMARY KEY, file TEXT NOT NULL, made INTEGER NOT NULL, width INTEGER NOT NULL,
			height INTEGER NOT NULL, star INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, recipe TEXT NOT NULL, thumb BLOB NOT NULL, whole TEXT, drawn INTEGER NOT NULL DEFAULT 0)`,
		`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(prompt, negative, model, tokenize = 'unicode61 remove_diacritics 2')`,
		`CREATE INDEX IF NOT EXISTS picture_file ON picture (file)`,
		`CREATE INDEX IF NOT EXISTS picture_shown ON picture (gone, star)`,
	} {
		if _, err := x.db.Exec(q); err != nil {
			return wrong(err)
		}
	}
	for _, c := range []struct{ name, kind string }{{"whole", "TEXT"}, {"drawn", "INTEGER NOT NULL DEFAULT 0"}} {
		var has int
		if err := x.db.QueryRow(`SELECT count(*) FROM pragma_table_info('picture') WHERE name = ?`, c.name).Scan(&has); err != nil {
			return wrong(err)
		}
		if has > 0 {
			continue
		}
		if _, err := x.db.Exec(`ALTER TABLE picture ADD COLUMN ` + c.name + ` ` + c.kind); err != nil && !strings.Contains(err.Error(), "duplicate") {
			return wrong(err)
		}
	}
	return nil
}

func (x *index) close() error {
	if x == nil || x.db == nil {
		return nil
	}
	if x.read != x.db && x.read != nil {
		return errors.Join(x.read.Close(), x.db.Close())
	}
	return x.db.Close()
}

// away reports whether the open file is no longer the one in the folder: SQLite would continue to write to a deleted
// file.
func (x *index) away() bool {
	if x.path == "" {
		return false
	}
	now, err := os.Stat(x.path)
	return err != nil || !os.SameFile(now, x.opened)
}

// here is the index as it is open.
func (h *Store) here() (*index, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return nil, errors.New("the history is closed")
	}
	return h.index, nil
}

// ready is the open index. If the folder disappeared and is back, it is opened again, but never created, because a
// disconnected disk leaves an empty folder behind.
func (h *Store) ready() (*index, error) {
	x, err := h.here()
	if err != nil || !x.away() {
		return x, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !h.index.away() {
		return h.index, nil
	}
	_, pictures := os.Stat(filepath.Join(h.folder, "pictures"))
	_, there := os.Stat(h.index.path)
	if pictures != nil {
		return nil, fmt.Errorf("%w (%w)", ErrAway, pictures)
	}
	x, err = openIndex(h.index.path)
	if err != nil {
		return nil, err
	}
	h.index.close()
	h.index = x
	if there != nil {
		err = x.unfinished(true)
		go h.Rebuild(context.Background(), func() {})
	}
	return x, err
}

// add adds a picture to the index, unless it is there: a run that was interrupted after its last step generates the same
// picture again, and another studio may open the same project.
func (x *index) add(file string, img *image.RGBA, r recipe.Recipe, thumb []byte) (int64, error) {
	wrong := func(err error) error { return fault.Unwritable.Errorf("the history cannot be written: %w", err) }
	light, whole, err := lightened(r)
	if err != nil {
		return 0, err
	}
	made, err := time.Parse(time.RFC3339, r.Made)
	if err != nil {
		made = time.Now()
	}
	tx, err := x.db.Begin()
	if err != nil {
		return 0, wrong(err)
	}
	defer tx.Rollback()
	var id int64
	if file != "" && tx.QueryRow(`SELECT id FROM picture WHERE file = ?`, file).Scan(&id) == nil {
		return id, nil
	}
	res, err := tx.Exec(`INSERT INTO picture (file, made, width, height, recipe, whole, thumb, drawn) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		file, made.UnixMilli(), img.Rect.Dx(), img.Rect.Dy(), light, whole, thumb, thumbVersion)
	if err != nil {
		return 0, wrong(err)
	}
	id, _ = res.LastInsertId()
	if _, err = tx.Exec(`INSERT INTO words (rowid, prompt, negative, model) VALUES (?, ?, ?, ?)`, id, r.Prompt, r.Negative, r.Model); err != nil {
		return 0, wrong(err)
	}
	if err := tx.Commit(); err != nil {
		return 0, wrong(err)
	}
	return id, nil
}

// lightened is the part of a recipe that lists need, and the full recipe if it has more.
func lightened(r recipe.Recipe) (light string, whole *string, err error) {
	all, err := json.Marshal(r)
	if err != nil {
		return "", nil, err
	}
	r.Mask, r.Hashes, r.Scales = nil, nil, nil
	js, err := json.Marshal(r)
	if text := string(all); text != string(js) {
		whole = &text
	}
	return string(js), whole, err
}

// unfinished records in the file that the index is being rebuilt.
func (x *index) unfinished(on bool) error {
	_, err := x.db.Exec(map[bool]string{true: `PRAGMA user_version = 1`, false: `PRAGMA user_version = 0`}[on])
	return err
}

func (x *index) isUnfinished() bool {
	var v int
	return x.db.QueryRow(`PRAGMA user_version`).Scan(&v) == nil && v == 1
}

// Rebuild adds all pictures of the folder to the index, oldest first, and calls progress with its progress. It is slow:
// some minutes for 10,000 pictures of 512 px. When interrupted it continues at the next start. Which pictures were
// deleted is lost.
func (h *Store) Rebuild(ctx context.Context, progress func()) {
	folder := filepath.Join(h.folder, "pictures")
	files, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	slices.SortStableFunc(files, func(a, b fs.DirEntry) int { return written(a).Compare(written(b)) })
	for i, f := range files {
		if ctx.Err() != nil {
			return
		}
		if i%500 == 499 {
			progress()
		}
		path := filepath.Join(folder, f.Name())
		found, err := recipe.ReadFile(path)
		if err != nil || filepath.Ext(path) != ".png" {
			continue
		}
		img, err := pixel.Load(path)
		if err != nil {
			continue
		}
		x, err := h.here()
		if err == nil {
			_, err = x.add(f.Name(), img, found.Recipe, thumbnail(img))
		}
		if err != nil {
			return
		}
	}
	if x, err := h.here(); err == nil {
		x.unfinished(false)
		progress()
	}
}

func written(f fs.DirEntry) time.Time {
	if info, err := f.Info(); err == nil {
		return info.ModTime()
	}
	return time.Time{}
}

// damagedIndex reports whether an index is permanently unreadable.
func damagedIndex(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 11 || e.Code()&0xff == 26) // SQLITE_CORRUPT, SQLITE_NOTADB
}
