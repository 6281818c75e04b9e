package onnx

import (
	"errors"
	"io/fs"
	"path/filepath"

	"nirvana/engine"
	"nirvana/models/files"
)

// Segmenter opens a segmentation model's .onnx file; a preprocessor_config.json beside it is read. close frees it.
func (r *Runtime) Segmenter(path string, o Options) (s engine.Segmenter, close func() error, err error) {
	const most = 1 << 20
	s.Name = filepath.Base(path)
	s.Preprocessor, err = files.Read(filepath.Join(filepath.Dir(path), "preprocessor_config.json"), most)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, nil, err
	}
	o.Provider, _ = r.selectProvider(o.Provider, o.Cache)
	g, err := r.Graph(path, o)
	if err != nil {
		return s, nil, err
	}
	s.Graph = g
	return s, g.Close, nil
}
