package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ProposedName is a file name for what is shown, without an ending: the file's or project's that it came from, or else
// what it was made of. "picture" where nothing is known.
func (s *Studio) ProposedName() string {
	d := s.Document
	made := d.Recipe
	if c := s.Tray.Current(); c != nil && !s.Tray.Comparing {
		made = &c.Recipe
	} else {
		for _, p := range []string{d.Project, d.Path} {
			if p != "" {
				return strings.TrimSuffix(filepath.Base(p), filepath.Ext(p))
			}
		}
	}
	if made != nil && made.Words() != "" {
		return made.FileName()
	}
	return s.say("picture")
}

// FreePath is a path in a folder that no file has: the name, or the name with a number. Without a folder it is the name alone.
func FreePath(folder, name, ending string) string {
	if folder == "" {
		return name + ending
	}
	path := filepath.Join(folder, name+ending)
	for n := 2; n < 1000; n++ {
		if _, err := os.Stat(path); err != nil {
			break
		}
		path = filepath.Join(folder, fmt.Sprintf("%s-%d%s", name, n, ending))
	}
	return path
}
