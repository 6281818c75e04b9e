package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of a walk, for links in a circle or to the root of a disk.
const (
	deepestWalk = 8
	mostEntries = 200_000
)

// Walked is a file or a folder that a walk visits.
type Walked struct {
	Path string
	Name string // relative to the walk's folder, with slashes
	Dir  bool   // a folder, before its contents
}

// Ending is the extension of its name, in lower case, with the dot.
func (w Walked) Ending() string { return strings.ToLower(filepath.Ext(w.Name)) }

// Walk visits the files and folders below a folder, following links, in the order of names, a folder's files before its
// folders. visit returns whether to enter a folder, or to continue after a file. A folder is visited once, by its real path.
func Walk(dir string, visit func(Walked) bool) {
	w := walk{visit: visit, seen: map[string]bool{}}
	w.in(dir, "", 0)
}

type walk struct {
	visit   func(Walked) bool
	seen    map[string]bool
	entries int
}

// in reports whether to continue.
func (w *walk) in(dir, prefix string, depth int) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || w.seen[real] || depth > deepestWalk {
		return true
	}
	w.seen[real] = true
	entries, _ := os.ReadDir(dir)
	var folders []string
	for _, e := range entries {
		if w.entries++; w.entries > mostEntries {
			return false
		}
		path := filepath.Join(dir, e.Name())
		switch mode := followed(path, e); {
		case mode.IsDir():
			folders = append(folders, e.Name())
		case mode.IsRegular() && !w.visit(Walked{Path: path, Name: prefix + e.Name()}):
			return false
		}
	}
	for _, name := range folders {
		path := filepath.Join(dir, name)
		if w.visit(Walked{Path: path, Name: prefix + name, Dir: true}) && !w.in(path, prefix+name+"/", depth+1) {
			return false
		}
	}
	return true
}

// followed is the type of an entry or of its link's target; irregular if that does not exist.
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
