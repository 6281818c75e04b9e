package graphfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// File is a model mapped from disk. Close it when the model is no longer used;
// what Bytes gave stays.
type File struct {
	*Model
	Path  string
	Size  int64
	unmap func() error
}

// Open maps a file and takes it apart.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	if info.Size() == 0 {
		return nil, errors.New("the file is empty")
	}
	data, unmap, err := mapFile(path, info.Size())
	if err != nil {
		return nil, err
	}
	m, err := Parse(data)
	if err != nil {
		unmap()
		return nil, err
	}
	return &File{Model: m, Path: path, Size: info.Size(), unmap: unmap}, nil
}

// Close gives the mapping back.
func (f *File) Close() error {
	f.Model = nil
	return f.unmap()
}

// Outside are the paths of the external data files, each with the bytes that it must at least have.
func (f *File) Outside() map[string]int64 {
	out := map[string]int64{}
	for _, t := range f.Tensors {
		name := t.External["location"]
		if name == "" {
			continue
		}
		offset, _ := strconv.ParseInt(t.External["offset"], 10, 64)
		length, err := strconv.ParseInt(t.External["length"], 10, 64)
		if err != nil {
			length = max(t.Elements(), 0) * int64(t.Type.Size())
		}
		path := filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(name))
		out[path] = max(out[path], offset+length)
	}
	return out
}
