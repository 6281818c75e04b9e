// Package journal keeps the studio's state through power cuts: records in an SQLite database in WAL mode, and
// pictures as files named by their contents. Start with Open; Commit writes records, all or none, so that they
// survive the program's end; Sync makes committed records survive a power cut; Blobs keeps the pictures.
//
// A WAL file is an append-only journal whose frames carry checksums, and a transaction counts only when its last
// frame is complete: a transaction torn by a power cut never happened. In addition every record carries a CRC of its
// own, because a database's pages have none. docs/keeping.md says why this store was chosen.
package journal

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite" // pure Go

	"nirvana/app/disk"
	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

const file = "journal.db"

// Journal is an open journal. Its methods may be called from any goroutine.
type Journal struct {
	Blobs *Blobs
	// Aside is the new path of a journal that could not be read, or "".
	Aside string
	// ReadOnly is set if nothing can be committed: another studio has the journal open, or it is a Copy.
	ReadOnly bool
	// Copy reports that OpenCopy opened it.
	Copy bool

	folder string
	path   string
	// Of a copy: its folder, and the original's.
	temporary string
	copied    []byte

	lock    lock
	opened  os.FileInfo // the database's file, to notice when it is taken away
	db      *sql.DB     // reads and writes, and never waits for the disk
	behind  *sql.DB     // checkpoints the log into the database, which waits for the disk
	once    sync.Once
	turn    sync.Mutex // to write
	syncing sync.Mutex // one Sync at a time
}

// ErrGone reports that the journal's folder was removed; Open it again.
var ErrGone = fault.Away.Errorf("the data folder is not there any more")

// ErrReadOnly reports that another studio writes this journal.
var ErrReadOnly = fault.Held.Errorf("another studio has this data folder open: close that one, then try again")

// There reports whether a folder has a journal.
func There(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, file))
	return err == nil
}

// Open opens or makes the journal in a folder. When another studio has it open, it is opened read-only. A damaged one
// is moved aside, see Aside.
func Open(sys disk.System, folder string) (*Journal, error) {
	if err := sys.MakeFolder(folder); err != nil {
		return nil, fault.Unwritable.Errorf("the data folder %s cannot be made, choose another: %w", folder, err)
	}
	j := &Journal{folder: folder, path: filepath.Join(folder, file)}
	held, err := j.lock.take(filepath.Join(folder, "lock"))
	if err != nil {
		return nil, fault.Unwritable.Errorf("the data folder %s cannot be written to: %w", folder, err)
	}
	j.ReadOnly = !held
	if err := j.openDB(); err != nil {
		if j.ReadOnly || !damaged(err) {
			j.Close()
			return nil, err
		}
		if err := j.moveAside(); err != nil {
			j.Close()
			return nil, err
		}
	}
	if j.Blobs, err = openBlobs(sys, filepath.Join(folder, "state"), j); err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Address is a database's path as SQLite takes it before its parameters: an URI, in which some characters mean more.
func Address(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/ is file:///C:/
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

// Private creates a missing database file, because SQLite would let others read it. "" is one in memory.
func Private(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, wholefile.Private)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a read-only file is reported when it is opened
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func (j *Journal) openDB() (err error) {
	if !j.ReadOnly {
		if err := Private(j.path); err != nil {
			return fault.Unwritable.Errorf("the journal cannot be opened: %w", err)
		}
	}
	// A commit does not wait for the disk and moves no files: Sync does.
	name := Address(j.path) + "?_pragma=busy_timeout(5000)&_pragma=auto_vacuum(incremental)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=wal_autocheckpoint(0)"
	for _, db := range []**sql.DB{&j.db, &j.behind} {
		if *db, err = sql.Open("sqlite", name); err != nil {
			return err
		}
		(*db).SetMaxOpenConns(1)
	}
	if !j.ReadOnly {
		if _, err = j.db.Exec(`CREATE TABLE IF NOT EXISTS record (name TEXT PRIMARY KEY, sum INTEGER NOT NULL, value BLOB NOT NULL)`); err == nil {
			_, err = j.db.Exec(`PRAGMA incremental_vacuum`)
		}
	}
	if err == nil {
		var n int
		err = j.db.QueryRow(`SELECT count(*) FROM record`).Scan(&n)
	}
	if err != nil {
		return wrapped("the journal cannot be opened", err)
	}
	j.opened, err = os.Stat(j.path)
	return err
}

// moveAside renames a damaged journal, which is kept for recovery.
func (j *Journal) moveAside() error {
	j.closeDB()
	j.Aside = j.path + ".damaged-" + time.Now().UTC().Format("20060102-150405")
	if err := os.Rename(j.path, j.Aside); err != nil {
		return fault.Unwritable.Errorf("the journal is damaged and cannot be moved out of the way: %w", err)
	}
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.Rename(j.path+rest, j.Aside+rest); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Unwritable.Errorf("the journal is damaged and cannot be moved out of the way: %w", err)
		}
	}
	return j.openDB()
}

// Commit writes records by name, all or none, together with the pictures that they refer to and that are not files yet.
// A nil value removes the record. Committed records survive the program's end at once, and a power cut from the next
// Sync on.
func (j *Journal) Commit(records map[string][]byte) error {
	pictures := j.Blobs.unhanded()
	for name, data := range records {
		pictures[name] = data
	}
	if err := j.commit(pictures); err != nil {
		return err
	}
	j.Blobs.handed(pictures)
	return nil
}

// logMost is the size of the log at which it is checkpointed into the database, bytes.
const logMost = 4 << 20

// Sync returns when everything committed before is on the disk. Then it makes files of the pictures and, unless
// keepAll, removes those that no record names.
func (j *Journal) Sync(keepAll bool) error {
	if j.ReadOnly {
		return ErrReadOnly
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	was := j.Blobs.keptNow()
	if err := j.sync(); err != nil {
		return err
	}
	if err := j.Blobs.write(); err != nil {
		return err
	}
	j.Blobs.sweep(was, keepAll)
	if log, err := os.Stat(j.path + "-wal"); err == nil && log.Size() > logMost {
		if _, err := j.behind.Exec(`PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
			return wrapped("the journal cannot be written", err)
		}
	}
	return nil
}

// sync is what synchronous=FULL would do within the transaction; here committing does not wait for it.
func (j *Journal) sync() error {
	if j.gone() {
		return ErrGone
	}
	wal, err := os.OpenFile(j.path+"-wal", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // all of it is in the database, synced
	}
	if err != nil {
		return fault.Unwritable.Errorf("the journal cannot be written: %w", err)
	}
	defer wal.Close()
	if err := wal.Sync(); err != nil {
		return fault.Unwritable.Errorf("the journal cannot be written: %w", err)
	}
	return nil
}

// gone reports whether the open file is no longer the one in the folder: SQLite would continue to write to a deleted
// file.
func (j *Journal) gone() bool {
	now, err := os.Stat(j.path)
	return err != nil || !os.SameFile(now, j.opened)
}

func (j *Journal) commit(records map[string][]byte) error {
	if j.ReadOnly {
		return ErrReadOnly
	}
	if j.gone() {
		return ErrGone
	}
	j.turn.Lock()
	defer j.turn.Unlock()
	tx, err := j.db.Begin()
	if err != nil {
		return wrapped("the journal cannot be written", err)
	}
	defer tx.Rollback()
	for name, value := range records {
		if value == nil {
			_, err = tx.Exec(`DELETE FROM record WHERE name = ?`, name)
		} else {
			_, err = tx.Exec(`INSERT INTO record (name, sum, value) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET sum = excluded.sum, value = excluded.value`,
				name, int64(sum(name, value)), value)
		}
		if err != nil {
			return wrapped("the journal cannot be written", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return wrapped("the journal cannot be written", err)
	}
	return nil
}

// Record reads a record; nil if there is none.
func (j *Journal) Record(name string) ([]byte, error) {
	var value []byte
	var want int64
	err := j.db.QueryRow(`SELECT sum, value FROM record WHERE name = ?`, name).Scan(&want, &value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, wrapped("the journal cannot be read", err)
	case int64(sum(name, value)) != want:
		return nil, fault.Lost.Errorf("the journal's record %s is damaged", name)
	}
	return value, nil
}

// Names are the records whose names begin with a prefix, in order.
func (j *Journal) Names(prefix string) ([]string, error) {
	rows, err := j.db.Query(`SELECT name FROM record WHERE name >= ? AND name < ? ORDER BY name`, prefix, prefix+"\xff")
	if err != nil {
		return nil, wrapped("the journal cannot be read", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, wrapped("the journal cannot be read", err)
		}
		if strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	return out, rows.Err()
}

// Limit limits the database to a number of pages of 4 KiB, like a full disk; 0 removes the limit.
func (j *Journal) Limit(pages int) error {
	if pages == 0 {
		pages = 1<<32 - 2
	}
	_, err := j.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

// Close closes the journal; another studio may write it then.
func (j *Journal) Close() error {
	var err error
	j.once.Do(func() {
		j.syncing.Lock()
		defer j.syncing.Unlock()
		err = j.closeDB()
		j.lock.release()
		if j.temporary != "" {
			err = errors.Join(err, os.RemoveAll(j.temporary))
		}
	})
	return err
}

func (j *Journal) closeDB() (err error) {
	for _, db := range []*sql.DB{j.behind, j.db} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// sum covers the name too: a value under another name counts as damaged.
func sum(name string, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte(name), table), table, value)
}

// SQLite's primary result codes that are reported to the artist.
const (
	codeReadOnly, codeIO, codeCorrupt, codeFull, codeCantOpen, codeNotADB = 8, 10, 11, 13, 14, 26
)

func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func damaged(err error) bool { return code(err) == codeCorrupt || code(err) == codeNotADB }

// wrapped is an error of SQLite together with the system's error that it stands for.
func wrapped(what string, err error) error {
	switch code(err) {
	case codeFull:
		return fmt.Errorf("%s: %w: %w", what, syscall.ENOSPC, err)
	case codeReadOnly, codeCantOpen:
		return fmt.Errorf("%s: %w: %w", what, fs.ErrPermission, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
