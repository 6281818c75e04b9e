package models

import (
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/models/installation"
)

// mostInstalled bounds how many files of another program are opened.
const mostInstalled = 10_000

// Installed are the checkpoints in the folder of another program, or in a plain folder of checkpoints, sorted by
// name. Only headers are read; files that are not a model that can be run are left out.
func Installed(dir string) (found []Folder) {
	looked, seen := 0, map[string]bool{}
	look := func(in string) {
		filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !isCheckpoint(path) || seen[path] {
				return nil
			}
			if seen[path], looked = true, looked+1; looked > mostInstalled {
				return filepath.SkipAll
			}
			if f, err := ReadFile(path); err == nil {
				found = append(found, f)
			}
			return nil
		})
	}
	for _, in := range installation.Read(dir)[installation.Checkpoints] {
		look(in)
	}
	if looked == 0 { // a folder of checkpoints alone
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !e.IsDir() {
				look(filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}
