// Package listing tells what the files in an artist's folders are: thousands of files, of which each header is read once, and
// again when the file's size or time has changed. Start with Open, and with Models for what a folder holds.
package listing

import (
	"encoding/json"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"nirvana/engine/wholefile"
	"nirvana/models"
)

// Bounds of what is kept on the disk.
const (
	mostKept  = 50_000   // files
	mostBytes = 64 << 20 // of the cache's file
	format    = 6
)

// Cache is what was read of files. It may be used by several goroutines at once.
type Cache struct {
	path    string
	program string
	mu      sync.Mutex
	files   map[string]entry // nil until the disk was read
	changed bool
	reads   int
}

// entry is a file as it was when it was read.
type entry struct {
	Card
	Size     int64
	Modified int64  // Unix time, ns
	Beside   uint64 `json:",omitempty"` // of a model that needs other files: a sum over theirs
	Seen     int64  // Unix time, days
}

// saved is the cache's file.
type saved struct {
	Format  int
	Program string // that wrote it: another one may know more kinds of files
	Files   map[string]entry
}

// Open is the cache in a file, which is read when it is first needed; "" keeps it in memory alone. program names the version
// that reads the files: what another version did not know is looked at again.
func Open(path, program string) *Cache { return &Cache{path: path, program: program} }

// Reads is how many headers were read so far.
func (c *Cache) Reads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads
}

// Card tells of a file, or a model's folder, from the cache where it has not changed since.
func (c *Cache) Card(path string) Card { return c.card(path, map[string]uint64{}) }

// card is Card; sums are what was summed up of the folders beside files, by folder, in one listing.
func (c *Cache) card(path string, sums map[string]uint64) Card {
	size, modified, err := stamp(path)
	if err != nil {
		return Card{Path: path, Kind: Unknown, Fault: err.Error()}
	}
	today := time.Now().Unix() / (24 * 60 * 60)
	c.mu.Lock()
	c.load()
	e, ok := c.files[path]
	c.mu.Unlock()
	ok = ok && e.Size == size && e.Modified == modified && (!e.Alone || e.Beside == beside(path, sums))
	if !ok {
		e = entry{Card: Read(path), Size: size, Modified: modified}
		if e.Alone {
			e.Beside = beside(path, sums)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		c.reads++
	}
	if !ok || e.Seen != today {
		e.Seen, c.changed = today, true
		c.files[path] = e
	}
	e.Path = path
	return e.Card
}

// stamp is what changes with a file; of a model's folder, with its index.
func stamp(path string) (size, modified int64, err error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		info, err = os.Stat(filepath.Join(path, indexName))
	}
	if err != nil {
		return 0, 0, err
	}
	return info.Size(), info.ModTime().UnixNano(), nil
}

// beside sums up the files that a model's parts may come from.
func beside(path string, sums map[string]uint64) uint64 {
	dir := filepath.Dir(path)
	if sum, ok := sums[dir]; ok {
		return sum
	}
	h := fnv.New64a()
	for _, file := range models.Besides(path) {
		size, modified, _ := stamp(file)
		io.WriteString(h, file+"\x00"+strconv.FormatInt(size, 10)+"\x00"+strconv.FormatInt(modified, 10)+"\x00")
	}
	sums[dir] = h.Sum64()
	return sums[dir]
}

// load reads the disk once. What cannot be read is begun again.
func (c *Cache) load() {
	if c.files != nil {
		return
	}
	c.files = map[string]entry{}
	data, err := wholefile.ReadMost(c.path, mostBytes)
	var s saved
	if c.path == "" || err != nil || json.Unmarshal(data, &s) != nil || s.Format != format || s.Files == nil {
		return
	}
	if s.Program != c.program {
		maps.DeleteFunc(s.Files, func(_ string, e entry) bool { return e.Kind == Unknown })
	}
	c.files = s.Files
}

// Save writes what is new to the disk. Of more files than are kept, those go that were not seen for longest.
func (c *Cache) Save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path == "" || !c.changed {
		return nil
	}
	if over := len(c.files) - mostKept; over > 0 {
		paths := slices.SortedFunc(maps.Keys(c.files), func(a, b string) int { return int(c.files[a].Seen - c.files[b].Seen) })
		for _, path := range paths[:over] {
			delete(c.files, path)
		}
	}
	data, err := json.Marshal(saved{format, c.program, c.files})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(c.path), 0o700)
	}
	if err == nil {
		err = wholefile.Write(c.path, wholefile.Private, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
	}
	c.changed = err != nil
	return err
}
