// Package disk writes files whole or not at all. It knows the file system
// through one interface, so that tests can fill it up, cut its writes short and
// take folders away. Start with Write; OS is the real file system.
package disk

import (
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"nirvana/engine/fault"
)

// System is what the studio needs of a file system. Paths are the system's own;
// errors are those of package os, to be asked with errors.Is.
type System interface {
	// Create makes a new file of a name that is not taken, in a folder.
	Create(folder string) (File, error)
	Open(path string) (io.ReadCloser, error)
	Stat(path string) (fs.FileInfo, error)
	List(folder string) ([]fs.DirEntry, error)
	MakeFolder(path string) error
	Rename(from, to string) error
	Remove(path string) error
	// SyncFolder makes renames in a folder outlast a power cut, where the system can.
	SyncFolder(path string) error
}

// File is a new file that is being written.
type File interface {
	io.WriteCloser
	Name() string
	Sync() error
}

// unfinished is how names of files begin that were never finished.
const unfinished = ".nirvana-"

// Write writes a file whole or not at all: into a new file beside it, synced,
// then renamed. A file that was there stays as it was until then.
func Write(sys System, path string, contents func(io.Writer) error) error {
	folder := filepath.Dir(path)
	f, err := sys.Create(folder)
	if err != nil {
		return fault.Unwritable.Errorf("%s cannot be written, choose another folder: %w", path, err)
	}
	err = contents(f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = sys.Rename(f.Name(), path)
	}
	if err != nil {
		sys.Remove(f.Name())
		return fault.Unwritable.Errorf("%s cannot be written: %w", path, err)
	}
	return sys.SyncFolder(folder)
}

// Read reads a file of at most limit bytes.
func Read(sys System, path string, limit int64) ([]byte, error) {
	f, err := sys.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fault.TooLarge.Errorf("%s is larger than %d MB", path, limit>>20)
	}
	return data, err
}

// Sweep removes what crashes left unfinished in a folder.
func Sweep(sys System, folder string) {
	files, err := sys.List(folder)
	if err != nil {
		return
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), unfinished) {
			sys.Remove(filepath.Join(folder, f.Name()))
		}
	}
}
