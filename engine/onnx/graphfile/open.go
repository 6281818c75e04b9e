package graphfile

import (
	"errors"
	"path/filepath"

	"nirvana/models/files"
)

// File is a model mapped from disk. Close it when the model is no longer used; results of Bytes stay valid.
type File struct {
	*Model
	Path  string
	Size  int64
	unmap func() error
	// ours is set where the names of external data were written here, and may lead anywhere under the path's folder.
	ours bool
}

// Open maps and parses a file.
func Open(path string) (*File, error) {
	info, err := files.Stat(path)
	if err != nil {
		return nil, err
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

// InMemory is a model without a file, whose external data is named relative to folder.
func InMemory(m *Model, folder string) *File {
	return &File{Model: m, Path: filepath.Join(folder, "model.onnx"), unmap: func() error { return nil }, ours: true}
}

// Close unmaps the file.
func (f *File) Close() error {
	f.Model = nil
	return f.unmap()
}
