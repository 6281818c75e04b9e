// Package files opens the files of foreign model folders. Everything that a folder, or a file in it, may point to is
// resolved here: [Open] and [Read] take regular files only and check the size first; [Inside] resolves a name that a
// file gives, within the folder it belongs to. A name never leads out of that folder. A link may, where it stays in
// the same repository of the hub's cache, whose snapshots are links to its blobs.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/wholefile"
)

// ErrOutside is the error for a name or a link that leads out of its folder.
var ErrOutside = errors.New("it leads out of the folder")

// Stat returns the size and mode of a regular file; links are followed. A pipe, socket or device, which would block
// or never end, is an error.
func Stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return info, regular(info)
}

func regular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		return errors.New("it is a pipe, socket or device, not a file")
	}
	return nil
}

// Open opens a regular file for reading, and returns its size.
func Open(path string) (*os.File, int64, error) {
	file, err := wholefile.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Read reads a regular file of at most most bytes.
func Read(path string, most int64) ([]byte, error) {
	file, size, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > most {
		return nil, tooLong(size, most)
	}
	return io.ReadAll(io.LimitReader(file, most))
}

// OpenIn is Open for a file in a folder that links cannot lead out of.
func OpenIn(dir *os.Root, name string) (*os.File, int64, error) {
	info, err := dir.Stat(name)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, 0, err
	}
	file, err := dir.Open(name)
	return file, info.Size(), err
}

// ReadIn is Read for a file in a folder that links cannot lead out of.
func ReadIn(dir *os.Root, name string, most int64) ([]byte, error) {
	file, size, err := OpenIn(dir, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > most {
		return nil, tooLong(size, most)
	}
	return io.ReadAll(io.LimitReader(file, most))
}

func tooLong(size, most int64) error {
	return fmt.Errorf("it has %d bytes, more than the %d that such a file may have", size, most)
}

// Local reports whether a name with slashes, from a foreign file, stays within a folder.
func Local(name string) bool {
	return name != "" && !strings.ContainsAny(name, "\\:\x00") && filepath.IsLocal(filepath.FromSlash(name))
}

// Inside is the real path of a regular file by its name, with slashes, relative to a folder. Links are followed as
// long as they stay in the folder or in its repository of the hub's cache; others are ErrOutside.
func Inside(dir, name string) (path string, info fs.FileInfo, err error) {
	if !Local(name) {
		return "", nil, ErrOutside
	}
	return within(filepath.Join(dir, filepath.FromSlash(name)), dir, Repository(dir))
}

// Beside is Inside for a file that another file names, such as an ONNX file's external data: where that file is a
// link, the data may also be next to its target.
func Beside(file, name string) (path string, info fs.FileInfo, err error) {
	dir := filepath.Dir(file)
	if !Local(name) {
		return "", nil, ErrOutside
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return "", nil, err
	}
	path, info, err = within(filepath.Join(dir, filepath.FromSlash(name)), dir, filepath.Dir(real), Repository(dir))
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(real) != dir {
		return within(filepath.Join(filepath.Dir(real), filepath.FromSlash(name)), filepath.Dir(real))
	}
	return path, info, err
}

// within resolves a path and checks that it is in one of the folders; "" is none.
func within(path string, folders ...string) (string, fs.FileInfo, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", nil, err
	}
	inside := false
	for _, folder := range folders {
		if folder == "" {
			continue
		}
		if folder, err = filepath.EvalSymlinks(folder); err != nil {
			return "", nil, err
		}
		rel, err := filepath.Rel(folder, real)
		inside = inside || err == nil && filepath.IsLocal(rel)
	}
	if !inside {
		return "", nil, ErrOutside
	}
	info, err := Stat(real)
	return real, info, err
}

// Repository is the repository in the hub's cache that a folder belongs to, with all its snapshots and their blobs:
// models--OWNER--NAME. "" for any other folder.
func Repository(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if filepath.Base(up) != "snapshots" || !strings.HasPrefix(filepath.Base(filepath.Dir(up)), "models--") {
			continue
		}
		return filepath.Dir(up)
	}
	return ""
}
