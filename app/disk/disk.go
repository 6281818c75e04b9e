// Package disk writes files whole or not at all. It uses the file system through one interface, so that tests can
// fill it up, cut its writes short and remove folders. Start with Write; OS is the real file system.
package disk

import (
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// System is the file system as the studio uses it. Paths are the system's own; errors are those of package os, for
// errors.Is.
type System interface {
	// Create makes a new file in a folder, which has no name yet; see wholefile.
	Create(folder string, perm fs.FileMode) (File, error)
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
	Sync() error
	// Link gives it a name beside its place. A file that is closed without is dropped.
	Link() (name string, err error)
}

// Write writes a private file whole or not at all: into a new file next to it, synced, then renamed. An existing file
// stays as it was until then.
func Write(sys System, path string, contents func(io.Writer) error) error {
	return write(sys, path, wholefile.Private, contents)
}

// Give writes a file for the user: with the permissions of new files there, or those it had.
func Give(sys System, path string, contents func(io.Writer) error) error {
	perm := wholefile.Shared
	if old, err := sys.Stat(path); err == nil && old.Mode().IsRegular() {
		perm = old.Mode().Perm()
	}
	return write(sys, path, perm, contents)
}

func write(sys System, path string, perm fs.FileMode, contents func(io.Writer) error) error {
	folder := filepath.Dir(path)
	f, err := sys.Create(folder, perm)
	if err != nil {
		return fault.Unwritable.Errorf("%s cannot be written, choose another folder: %w", path, err)
	}
	name := ""
	err = contents(f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		name, err = f.Link()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = sys.Rename(name, path)
	}
	if err != nil {
		if name != "" {
			sys.Remove(name)
		}
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

// Sweep removes what crashes left unfinished in a folder that nobody else writes to.
func Sweep(sys System, folder string) {
	files, err := sys.List(folder)
	if err != nil {
		return
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), wholefile.Prefix) {
			sys.Remove(filepath.Join(folder, f.Name()))
		}
	}
}
