package models

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
)

// DefaultName is the model that ships with the program.
const DefaultName = "nirvana"

// Catalogue finds model folders: those in the roots, and those added by path.
type Catalogue struct {
	Roots []string        // folders that hold model folders
	Added func() []string // model folders that the user added; called only when no root has the name. nil: none
	// Further are models of a name in folders of thousands; called when nothing else has it. nil: none
	Further func(name string) []string
	Store   string // where downloads go; one of Roots
}

// Shipped is the catalogue of the models that come with the program: models next to it (in Resources of a macOS
// application), or in the source tree around the working folder.
func Shipped() Catalogue {
	var c Catalogue
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		c.Roots = append(c.Roots, beside(exe))
	}
	for dir, _ := os.Getwd(); dir != ""; {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			c.Roots = append(c.Roots, filepath.Join(dir, "models"))
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return c
}

// beside is the folder of models next to a program; a macOS application (Name.app/Contents/MacOS/program) has it in Resources,
// for what lies in MacOS is signed as code.
func beside(exe string) string {
	dir := filepath.Dir(exe)
	if contents := filepath.Dir(dir); filepath.Base(dir) == "MacOS" && filepath.Base(contents) == "Contents" {
		return filepath.Join(contents, "Resources", "models")
	}
	return filepath.Join(dir, "models")
}

// Find returns the folder with a name or path; "" is the one that ships.
func (c Catalogue) Find(name string) (Folder, error) {
	if name == "" {
		name = DefaultName
	}
	if strings.ContainsRune(name, filepath.Separator) || strings.Contains(name, "/") || name == "." || name == ".." {
		return Read(name)
	}
	for f := range c.all {
		if strings.EqualFold(f.Name, name) || strings.EqualFold(filepath.Base(f.Dir), name) {
			return f, nil
		}
	}
	if _, err := os.Stat(name); err == nil {
		return Read(name)
	}
	if c.Further != nil {
		for _, path := range c.Further(name) {
			return Read(path)
		}
	}
	return Folder{}, fault.Missing.Errorf("there is no model %q: nirvana models list shows those that are there, a path to a folder works too", name)
}

// List is every folder that can be read, the default first, then the other shipped ones.
func (c Catalogue) List() []Folder { return slices.Collect(c.all) }

// Lacking are the folders of downloaded checkpoints that lack parts, which nothing has beside them: they are not in List.
func (c Catalogue) Lacking() (dirs []string) {
	entries, _ := os.ReadDir(c.Store)
	for _, e := range entries {
		dir := absolute(filepath.Join(c.Store, e.Name()))
		if FetchedFile(dir) == "" {
			continue
		}
		var lacks Lacking
		if _, err := Read(dir); errors.As(err, &lacks) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (c Catalogue) all(yield func(Folder) bool) {
	seen := map[string]bool{}
	give := func(dir string) bool {
		dir = absolute(dir)
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if seen[dir] {
			return true
		}
		seen[dir] = true
		f, err := Read(dir)
		return err != nil || yield(f)
	}
	for _, root := range c.Roots {
		if !give(filepath.Join(root, DefaultName)) { // what a first start opens
			return
		}
		entries, _ := os.ReadDir(root)
		for _, e := range entries {
			if e.IsDir() && !give(filepath.Join(root, e.Name())) {
				return
			}
		}
	}
	if c.Added == nil {
		return
	}
	for _, dir := range c.Added() {
		if !give(dir) {
			return
		}
	}
}
