package disk

import (
	"io"
	"io/fs"
	"os"
	"runtime"

	"nirvana/engine/wholefile"
)

// OS is the system's own file system.
type OS struct{}

// Create makes a new file.
func (OS) Create(folder string, perm fs.FileMode) (File, error) {
	return wholefile.Create(folder, perm)
}

// Open opens a regular file for reading.
func (OS) Open(path string) (io.ReadCloser, error) { return wholefile.Open(path) }

// Stat is os.Stat.
func (OS) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

// List is os.ReadDir.
func (OS) List(folder string) ([]fs.DirEntry, error) { return os.ReadDir(folder) }

// MakeFolder makes a folder that nobody else looks into, with all above it.
func (OS) MakeFolder(path string) error { return os.MkdirAll(path, 0o700) }

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
