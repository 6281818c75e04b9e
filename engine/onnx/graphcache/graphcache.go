// Package graphcache is the folder in which optimised networks are kept, so that they open faster the next time: how
// much it holds, how that is bounded, how it is cleared. Each network has a folder of its own, complete when it has a
// file Complete. Nothing in it is needed: what is missing is made again.
package graphcache

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"nirvana/engine/wholefile"
	"nirvana/models/files"
)

// Folder is the folder's path; "" for none.
type Folder string

// Complete is the file by which a network's folder is known as complete; its time is that of the last use.
const Complete = "layout.json"

// spare is the free space that is left on the disk after so many bytes were written: ten times as much, from 64 MB to 5 GB.
// Other programs need the disk too, and a small network is no reason to do without it on a disk that is nearly full.
func spare(written int64) uint64 { return uint64(min(max(10*written, 64<<20), 5<<30)) }

// Holds reports whether a network of so many bytes is kept: it stays within the limit, and the disk has room for what is
// written until it is there, and for something else.
func (f Folder) Holds(bytes, written int64) bool {
	free, err := files.Free(string(f))
	return bytes <= f.Limit() && (err != nil || Leaves(free, written))
}

// Leaves reports whether a disk with so many bytes free has room for something else when so many were written.
func Leaves(free uint64, written int64) bool { return free >= uint64(written)+spare(written) }

// network is a folder in it.
type network struct {
	dir  string
	used time.Time // zero: not complete
	size int64
}

// networks are all but those that are just being written.
func (f Folder) networks() (all []network) {
	entries, _ := os.ReadDir(string(f))
	for _, e := range entries {
		n := network{dir: filepath.Join(string(f), e.Name())}
		if info, err := os.Stat(filepath.Join(n.dir, Complete)); err == nil {
			n.used = info.ModTime()
		} else if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		n.size = wholefile.Bytes(n.dir)
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b network) int { return a.used.Compare(b.used) })
	return all
}

// Bytes is how much it holds.
func (f Folder) Bytes() (sum int64) {
	for _, n := range f.networks() {
		sum += n.size
	}
	return sum
}

// Clear removes all networks. Those that are open stay usable where the system lets files in use go, else they stay;
// the error names them.
func (f Folder) Clear() error {
	var errs []error
	for _, n := range f.networks() {
		errs = append(errs, os.RemoveAll(n.dir))
	}
	return errors.Join(errs...)
}

// Trim removes the least recently used networks but keep until the folder is within Limit, and what interrupted runs left.
func (f Folder) Trim(keep string) {
	all, sum, limit := f.networks(), int64(0), f.Limit()
	for _, n := range all {
		sum += n.size
	}
	for _, n := range all {
		if n.dir != keep && (sum > limit || n.used.IsZero()) {
			os.RemoveAll(n.dir)
			sum -= n.size
		}
	}
}
