package trajectory

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"nirvana/app/disk"
	"nirvana/engine/fault"
)

// Store is a folder with the newest trajectories. Its methods may be called from any goroutine.
type Store struct {
	sys    disk.System
	folder string // "": in memory

	mu       sync.Mutex
	pictures int   // maximum number
	most     int64 // maximum bytes in total
	held     []held
}

// held has the paths in memory, the oldest first.
type held struct {
	key  string
	data []byte
}

const suffix = ".steps"

// Open is the store in a folder, which is created when needed; "" keeps the paths in memory.
func Open(sys disk.System, folder string) *Store {
	return &Store{sys: sys, folder: folder, pictures: math.MaxInt, most: math.MaxInt64}
}

// Bound sets for how many pictures paths are kept at most, and their total bytes; 0 keeps none. It may take long.
func (s *Store) Bound(pictures int, most int64) {
	s.mu.Lock()
	s.pictures, s.most = pictures, most
	s.mu.Unlock()
	s.tidy()
}

// Keep stores a path, and drops the oldest.
func (s *Store) Keep(key string, p Path) error {
	s.mu.Lock()
	none := s.pictures == 0 || s.most == 0
	s.mu.Unlock()
	if key == "" || none {
		return nil
	}
	var err error
	if s.folder == "" {
		err = s.hold(key, p)
	} else if err = s.sys.MakeFolder(s.folder); err == nil {
		err = disk.Write(s.sys, s.path(key), func(w io.Writer) error { return write(w, p) })
	}
	s.tidy()
	return err
}

func (s *Store) hold(key string, p Path) error {
	var out bytes.Buffer
	if err := write(&out, p); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.dropped(key), held{key, out.Bytes()})
	return nil
}

// dropped is held without one path.
func (s *Store) dropped(key string) []held {
	return slices.DeleteFunc(slices.Clone(s.held), func(h held) bool { return h.key == key })
}

func (s *Store) path(key string) string { return filepath.Join(s.folder, filepath.Base(key)+suffix) }

// Read opens a path. The error is fs.ErrNotExist if it is no longer stored.
func (s *Store) Read(key string) (*File, error) {
	if key == "" {
		return nil, fs.ErrNotExist
	}
	if s.folder == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, h := range s.held {
			if h.key == key {
				return read(func() (source, error) { return inMemory{bytes.NewReader(h.data)}, nil }, int64(len(h.data)))
			}
		}
		return nil, fs.ErrNotExist
	}
	info, err := s.sys.Stat(s.path(key))
	if err != nil {
		return nil, err
	}
	return read(func() (source, error) {
		f, err := s.sys.Open(s.path(key))
		if err != nil {
			return nil, err
		}
		if f, ok := f.(source); ok {
			return f, nil
		}
		return nil, errors.Join(fault.Unwritable.Errorf("this disk cannot be read in parts"), f.Close())
	}, info.Size())
}

// Drop drops a path.
func (s *Store) Drop(key string) {
	if key == "" {
		return
	}
	if s.folder != "" {
		s.sys.Remove(s.path(key))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = s.dropped(key)
}

// Taken is the number of pictures with stored steps, and the bytes of those.
func (s *Store) Taken() (pictures int, size int64) {
	for _, k := range s.list() {
		pictures, size = pictures+1, size+k.size
	}
	return pictures, size
}

type kept struct {
	key  string
	size int64
	when time.Time
}

// list returns the stored paths, the newest first.
func (s *Store) list() (out []kept) {
	if s.folder == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, h := range slices.Backward(s.held) {
			out = append(out, kept{h.key, int64(len(h.data)), time.Time{}})
		}
		return out
	}
	files, _ := s.sys.List(s.folder)
	for _, f := range files {
		key, ok := strings.CutSuffix(f.Name(), suffix)
		if info, err := f.Info(); ok && err == nil {
			out = append(out, kept{key, info.Size(), info.ModTime()})
		}
	}
	slices.SortStableFunc(out, func(a, b kept) int { return b.when.Compare(a.when) })
	return out
}

// tidy drops the oldest beyond the bounds.
func (s *Store) tidy() {
	s.mu.Lock()
	pictures, most := s.pictures, s.most
	s.mu.Unlock()
	var sum int64
	if pictures == math.MaxInt && most == math.MaxInt64 {
		return
	}
	for i, k := range s.list() {
		if sum += k.size; i >= pictures || sum > most {
			s.Drop(k.key)
		}
	}
}
