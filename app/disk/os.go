package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// OS is the system's own file system.
type OS struct{}

// Create makes a file that others may read.
func (OS) Create(folder string) (File, error) {
	f, err := os.CreateTemp(folder, unfinished+"*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o644); err != nil && runtime.GOOS != "windows" {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// Open opens a file for reading.
func (OS) Open(path string) (io.ReadCloser, error) { return os.Open(path) }

// Stat is os.Stat.
func (OS) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

// List is os.ReadDir.
func (OS) List(folder string) ([]fs.DirEntry, error) { return os.ReadDir(folder) }

// MakeFolder makes a folder with all above it.
func (OS) MakeFolder(path string) error { return os.MkdirAll(path, 0o755) }

// Rename takes the place of what is there.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file.
func (OS) Remove(path string) error { return os.Remove(path) }

// SyncFolder syncs a folder. Windows cannot, and file systems that cannot say EINVAL.
func (OS) SyncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	d.Sync()
	return nil
}
