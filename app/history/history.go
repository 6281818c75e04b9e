// Package history keeps every finished picture: PNG files with their recipes, named by what they show, and an index
// over them for lists and full-text search. Start with Open and Store.
package history

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nirvana/app/disk"
	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Store is every finished picture, newest first. The pictures are PNG files with their recipes, named by their
// prompts; the index over them is SQLite: it provides full-text search, atomic writes and a journal that survives a
// power cut, and it is rebuilt from the files where it is damaged or missing (index.go). Several studios may share
// one. Its methods may be called from any goroutine.
type Store struct {
	// Lost is set by Open if the index was damaged or missing: Rebuild rebuilds it from the pictures.
	Lost error
	// Gone, where set, is called by Purge for every picture that is deleted for good.
	Gone func(recipe.Recipe)

	folder string
	mu     sync.RWMutex
	index  *index
	closed bool
	// copied is the folder of the index's copy if the history is read-only, or "".
	copied string
}

// Entry is one picture of the history.
type Entry struct {
	ID     int64
	Path   string // of the PNG
	Recipe recipe.Recipe
	Made   time.Time
	Width  int
	Height int
	Star   bool
}

// Folder is the folder of index and pictures; "" if everything is in memory.
func (h *Store) Folder() string { return h.folder }

// Add stores a picture with its recipe and returns its id.
func (h *Store) Add(img *image.RGBA, r recipe.Recipe) (int64, error) { return h.AddFile(img, img, r) }

// AddFile is Add for a picture whose file has more precision: straight alpha, 16 bits a channel.
func (h *Store) AddFile(img *image.RGBA, straight image.Image, r recipe.Recipe) (int64, error) {
	file := ""
	if h.folder != "" {
		var err error
		if file, err = h.keep(straight, &r); err != nil {
			if _, gone := os.Stat(filepath.Join(h.folder, "pictures")); errors.Is(gone, fs.ErrNotExist) {
				err = fmt.Errorf("%w (%w)", ErrAway, err)
			}
			return 0, err
		}
	}
	x, err := h.ready()
	if err != nil {
		return 0, err
	}
	return x.add(file, img, r, thumbnail(img))
}

// fileName is a picture's day, first words and seed, and enough of its hash to be unique:
// 2026-11-28-a-red-heart-812731-1a2b3c4d5e.png.
func fileName(r recipe.Recipe, sum []byte) string {
	name := r.FileName() + "-" + hex.EncodeToString(sum[:5]) + ".png"
	if day, _, ok := strings.Cut(r.Made, "T"); ok && len(day) == len("2026-11-28") && strings.Trim(day, "0123456789-") == "" {
		name = day + "-" + name
	}
	return name
}

// keep writes a picture under a unique name, unless it is there already, and returns the name.
func (h *Store) keep(img image.Image, r *recipe.Recipe) (string, error) {
	data, err := recipe.EncodePNG(img, r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	name := fileName(*r, sum[:])
	path := filepath.Join(h.folder, "pictures", name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	return name, disk.Write(disk.OS{}, path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Picture loads an entry's picture.
func (h *Store) Picture(e Entry) (*image.RGBA, error) {
	if h.folder == "" {
		return nil, errors.New("this studio keeps no pictures: it was started without a data folder")
	}
	return pixel.Load(e.Path)
}

// Whole is an entry's full recipe, with mask and steps, which lists leave out.
func (h *Store) Whole(e Entry) recipe.Recipe {
	x, err := h.here()
	if err != nil {
		return e.Recipe
	}
	var js []byte
	r := e.Recipe
	if x.read.QueryRow(`SELECT whole FROM picture WHERE id = ?`, e.ID).Scan(&js) == nil && js != nil && json.Unmarshal(js, &r) == nil {
		return r
	}
	return e.Recipe
}

// Star marks an entry.
func (h *Store) Star(id int64, on bool) error { return h.mark(`star`, id, on) }

// Delete hides an entry and records the time. Purge deletes the file after Kept.
func (h *Store) Delete(id int64, at time.Time) error { return h.mark(`gone`, id, at.UnixMilli()) }

// Restore brings it back.
func (h *Store) Restore(id int64) error { return h.mark(`gone`, id, false) }

func (h *Store) mark(column string, id int64, value any) error {
	x, err := h.ready()
	if err != nil {
		return err
	}
	if _, err := x.db.Exec(`UPDATE picture SET `+column+` = ? WHERE id = ?`, value, id); err != nil {
		return fault.Unwritable.Errorf("the history cannot be written: %w", err)
	}
	return nil
}

// Close closes the index.
func (h *Store) Close() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	err := h.index.close()
	if h.copied != "" {
		err = errors.Join(err, os.RemoveAll(h.copied))
	}
	return err
}

// Import adds a PNG file with its recipe to the history, unless it is there already.
func (h *Store) Import(data []byte) (int64, error) {
	r, err := recipe.Extract(data)
	if err != nil {
		return 0, err
	}
	f, err := pixel.Read(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	if h.folder == "" {
		return 0, errors.New("this studio keeps no pictures")
	}
	return h.AddFile(f.Picture, f.Source.Under(f.Picture, image.Point{}), r)
}

// Files are the PNG files of entries; missing ones are left out.
func (h *Store) Files(ids []int64) (paths []string) {
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
