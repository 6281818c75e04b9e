package style

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Own reports whether a style is one that Save wrote into a data folder, in a file of its own.
func Own(home string, s Style) bool {
	return home != "" && s.Name != "" && s.File == filepath.Join(home, "styles", s.Name+".json")
}

// Remove deletes the file of one of the artist's own styles, and its picture. back writes both again.
func Remove(home string, s Style) (back func() error, err error) {
	if !Own(home, s) {
		return nil, fault.Settings.Errorf("the style %s is in a file that was not written here: remove it from %s", s.Name, s.File)
	}
	if all, err := Read(s.File); err != nil || len(all) != 1 { // another program's, of the same name
		return nil, errors.Join(fault.Settings.Errorf("the style %s is not alone in %s: remove it there", s.Name, s.File), err)
	}
	kept := map[string][]byte{}
	for _, file := range []string{s.File, filepath.Join(home, "styles", s.Name+".png")} {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the style %s cannot be read: %w", s.Name, err)
		}
		kept[file] = data
	}
	back = func() error {
		for file, data := range kept {
			if err := pixel.WriteFile(file, data); err != nil {
				return fmt.Errorf("the style cannot be written: %w", err)
			}
		}
		return nil
	}
	for file := range kept {
		if err := os.Remove(file); err != nil {
			return nil, errors.Join(fmt.Errorf("the style %s cannot be removed: %w", s.Name, err), back())
		}
	}
	return back, nil
}
