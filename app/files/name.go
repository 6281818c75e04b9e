package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// FreePath returns an unused path in a folder: the name, or the name with a number. Without a folder it is the name.
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

// Copy is a file to be copied under a name.
type Copy struct {
	From string
	Name string // without its extension, .png
}

// CopyTo copies files into a folder. Existing files are not overwritten.
func CopyTo(dir string, list []Copy) error {
	for _, c := range list {
		if err := c.to(dir); err != nil {
			return err
		}
	}
	return nil
}

func (c Copy) to(dir string) error {
	data, err := wholefile.Read(c.From)
	if err != nil {
		return err
	}
	for i := 1; ; i++ {
		path := filepath.Join(dir, c.Name+".png")
		if i > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d.png", c.Name, i))
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return pixel.WriteFile(path, data)
		} else if err != nil {
			return err
		}
	}
}
