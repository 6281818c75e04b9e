package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/engine/fault"
	"nirvana/models/files"
)

// identify computes the folder's Identity without reading all of it: from names, sizes and the last 64 KiB of every
// file that matters.
func (f *Folder) identify() error {
	h := sha256.New()
	err := eachFile(f.Dir, func(path string, info fs.FileInfo) error {
		f.Bytes += info.Size()
		rel, _ := filepath.Rel(f.Dir, path)
		if filepath.Ext(path) == ".md" {
			return nil
		}
		fmt.Fprintln(h, filepath.ToSlash(rel), info.Size())
		return tail(path, h.Write)
	})
	if err != nil {
		return fault.Incomplete.Errorf("%s cannot be read: %w", f.Dir, err)
	}
	f.Identity = hex.EncodeToString(h.Sum(nil))
	return nil
}

// deepest is the largest depth of a model's files, and mostFiles their largest number: they end loops of links, and a
// link to a whole disk.
const (
	deepest   = 6
	mostFiles = 10_000
)

// eachFile visits the regular files under dir, sorted by name. Links to files and folders are followed: the hub's own
// cache consists of them.
func eachFile(dir string, visit func(path string, info fs.FileInfo) error) error {
	seen := 0
	var walk func(dir string, depth int) error
	walk = func(dir string, depth int) error {
		entries, err := os.ReadDir(dir)
		if err != nil || depth == 0 {
			return err
		}
		for _, e := range entries {
			if seen++; seen > mostFiles {
				return fmt.Errorf("it holds more than %d files: it is not a model folder", mostFiles)
			}
			path := filepath.Join(dir, e.Name())
			info, err := os.Stat(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return fmt.Errorf("%s is a broken link", path)
			case err != nil:
				return err
			case info.IsDir():
				err = walk(path, depth-1)
			case info.Mode().IsRegular():
				err = visit(path, info)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(dir, deepest)
}

// tail reads the last 64 KiB of a file.
func tail(path string, to func([]byte) (int, error)) error {
	file, size, err := files.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buf := make([]byte, min(size, 64<<10))
	if _, err := file.ReadAt(buf, size-int64(len(buf))); err != nil {
		return err
	}
	_, err = to(buf)
	return err
}
