package project

import (
	"archive/zip"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"nirvana/engine/budget"
	"nirvana/engine/fault"
)

// errDamaged marks missing, truncated or unreadable parts of a file.
var errDamaged = errors.New("it is missing or damaged")

func damaged(format string, args ...any) error {
	return fault.Project.Mark(fmt.Errorf("%w: %w", fmt.Errorf(format, args...), errDamaged))
}

// entries are a zip's files by name, each unpacked once.
type entries struct {
	files  map[string]*zip.File
	read   map[string][]byte
	budget *budget.Budget
}

func open(z *zip.Reader, b *budget.Budget) (*entries, error) {
	e := &entries{files: map[string]*zip.File{}, read: map[string][]byte{}, budget: b}
	for _, f := range z.File {
		if err := b.Count(); err != nil {
			return nil, err
		}
		e.files[plainName(f.Name)] = f
	}
	return e, nil
}

// plainName is an entry's normalised name: some Windows programs write backslashes, some a leading "./".
func plainName(name string) string {
	folder := strings.HasSuffix(name, "/")
	name = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	if folder {
		name += "/"
	}
	return name
}

// entry unpacks one.
func (e *entries) entry(name string, most int64) ([]byte, error) {
	name = plainName(name)
	f, ok := e.files[name]
	if !ok {
		if plain, err := url.PathUnescape(name); err == nil && plain != name {
			return e.entry(plain, most)
		}
		return nil, damaged("the file has no %s", name)
	}
	if data, ok := e.read[name]; ok {
		return data, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged("%s (%v)", name, err)
	}
	defer r.Close()
	data, err := e.budget.Read(r, most)
	if fault.Of(err) == fault.TooLarge {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err != nil {
		return nil, damaged("%s (%v)", name, err)
	}
	e.read[name] = data
	return data, nil
}
