package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of a walk: a link that leads in a circle, or into the root of a disk, ends here.
const (
	deepestWalk = 8
	mostEntries = 200_000
)

// Walked is a file or a folder that a walk comes by.
type Walked struct {
	Path   string
	Name   string          // from the walk's folder on, with slashes
	Dir    bool            // a folder, before what lies in it
	beside map[string]bool // what else lies in its folder
}

// Has says that a file or folder of a name lies beside it; none is asked for.
func (w Walked) Has(name string) bool { return w.beside[name] }

// Ending is the end of its name, in small letters, with the point.
func (w Walked) Ending() string { return strings.ToLower(filepath.Ext(w.Name)) }

// Walk visits what lies in a folder and in the folders in it, links followed, in the order of names, a folder's files before
// the folders in it. visit says whether to go on: into a folder, or at all. A folder is visited once, by where it really lies.
func Walk(dir string, visit func(Walked) bool) {
	w := walk{visit: visit, seen: map[string]bool{}}
	w.in(dir, "", 0)
}

type walk struct {
	visit   func(Walked) bool
	seen    map[string]bool
	entries int
}

// in says whether to go on.
func (w *walk) in(dir, prefix string, depth int) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || w.seen[real] || depth > deepestWalk {
		return true
	}
	w.seen[real] = true
	entries, _ := os.ReadDir(dir)
	beside := make(map[string]bool, len(entries))
	for _, e := range entries {
		beside[e.Name()] = true
	}
	var folders []string
	for _, e := range entries {
		if w.entries++; w.entries > mostEntries {
			return false
		}
		path := filepath.Join(dir, e.Name())
		switch mode := followed(path, e); {
		case mode.IsDir():
			folders = append(folders, e.Name())
		case mode.IsRegular() && !w.visit(Walked{Path: path, Name: prefix + e.Name(), beside: beside}):
			return false
		}
	}
	for _, name := range folders {
		path := filepath.Join(dir, name)
		if w.visit(Walked{Path: path, Name: prefix + name, Dir: true, beside: beside}) && !w.in(path, prefix+name+"/", depth+1) {
			return false
		}
	}
	return true
}

// followed is what an entry is, or what it is a link to; irregular where that is not there.
func followed(path string, e fs.DirEntry) fs.FileMode {
	if e.Type()&os.ModeSymlink == 0 {
		return e.Type()
	}
	info, err := os.Stat(path)
	if err != nil {
		return fs.ModeIrregular
	}
	return info.Mode()
}

// With are the files under a folder whose names end in one of the endings, in small letters with the point.
func With(dir string, endings ...string) (found []Walked) {
	Walk(dir, func(w Walked) bool {
		if !w.Dir && slices.Contains(endings, w.Ending()) {
			found = append(found, w)
		}
		return true
	})
	return found
}
