package journal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/app/disk"
	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// SQLite cannot read a log in a folder where it may not write, and if told that the file is immutable it ignores the log
// with the newest records. So a database in a read-only folder is read from a copy.

// OpenCopy opens a copy of the journal in a read-only folder. Close removes the copy.
func OpenCopy(sys disk.System, folder string) (*Journal, error) {
	j := &Journal{folder: folder, ReadOnly: true, Copy: true}
	var err error
	if j.temporary, err = wholefile.TemporaryFolder("copy"); err != nil {
		return nil, fault.Unwritable.Errorf("no temporary folder can be made: %w", err)
	}
	if j.copied, err = CopyDB(filepath.Join(folder, file), j.temporary); err == nil {
		j.path = filepath.Join(j.temporary, file)
		err = j.openDB()
	}
	if err == nil {
		j.Blobs, err = openBlobs(sys, filepath.Join(folder, "state"), j)
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// Changed reports whether the folder has changed since OpenCopy.
func (j *Journal) Changed() bool {
	now, err := digest(filepath.Join(j.folder, file), io.Discard, io.Discard)
	return err != nil || !bytes.Equal(now, j.copied)
}

// CopyDB copies a database and its log into a folder, under the same name. digest identifies its contents.
func CopyDB(path, into string) (sum []byte, err error) {
	to := filepath.Join(into, filepath.Base(path))
	db, err := os.Create(to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	log, err := os.Create(to + "-wal")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return digest(path, db, log)
}

// digest is of a database's file and of its log, which go to the writers.
func digest(path string, db, log io.Writer) ([]byte, error) {
	hash := sha256.New()
	for i, to := range []io.Writer{db, log} {
		from, err := os.Open(path + []string{"", "-wal"}[i])
		if i == 1 && errors.Is(err, fs.ErrNotExist) {
			continue // all is in the database
		}
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.MultiWriter(to, hash), from)
		from.Close()
		if err != nil {
			return nil, err
		}
	}
	return hash.Sum(nil), nil
}
