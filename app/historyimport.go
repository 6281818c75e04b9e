package app

import (
	"bytes"
	"errors"
	"path/filepath"

	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// Import puts a PNG file with its recipe into the history, unless it is there.
func (h *History) Import(data []byte) (int64, error) {
	r, err := recipe.Extract(data)
	if err != nil {
		return 0, err
	}
	img, err := pixel.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	if h.folder == "" {
		return 0, errors.New("this studio keeps no pictures")
	}
	return h.Add(img, r)
}

// files are the PNG files of entries; those that are not there are left out.
func (h *History) files(ids []int64) (paths []string) {
	x, err := h.here()
	if h.folder == "" || err != nil {
		return nil
	}
	for _, id := range ids {
		var name string
		if x.read.QueryRow(`SELECT file FROM picture WHERE id = ?`, id).Scan(&name) == nil && name != "" {
			paths = append(paths, filepath.Join(h.folder, "pictures", filepath.Base(name)))
		}
	}
	return paths
}
