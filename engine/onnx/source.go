package onnx

import (
	"io/fs"
	"maps"
	"os"
	"slices"

	"nirvana/engine/fault"
	"nirvana/models"
)

// source is a file that a network is read from, as it was when the network was described: offsets into it, names and
// shapes are of that file, and a session may have it mapped.
type source struct {
	path string
	seen fs.FileInfo
}

// seen are files as they are now; those that are not there are told of elsewhere.
func seen(paths ...string) (all []source) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			all = append(all, source{path, info})
		}
	}
	return all
}

// weightSources are the files of weights by name, as they were when their headers were read.
func weightSources(p models.Part) (all []source) {
	files := p.Weights.Sources()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		info := files[path]
		if info == nil {
			all = append(all, seen(path)...)
			continue
		}
		all = append(all, source{path, info})
	}
	return all
}

// changed says what became of the file. Of one that is mapped, another in its place does not count: the mapped one stays.
func (s source) changed(mapped bool) error {
	now, err := os.Stat(s.path)
	if err != nil {
		if mapped {
			return nil
		}
		return fault.Missing.Errorf("%s cannot be read any more: connect its disk or network again, or choose another model: %w", s.path, err)
	}
	if mapped && !os.SameFile(now, s.seen) || now.Size() == s.seen.Size() && now.ModTime().Equal(s.seen.ModTime()) {
		return nil
	}
	return fault.Replaced.Errorf("%s was changed while the model was open: try again, and it is read anew", s.path)
}

// changed says what became of the network's files since it was described.
func (g *Graph) changed(mapped bool) error {
	for _, s := range g.sources {
		if err := s.changed(mapped); err != nil {
			return err
		}
	}
	return nil
}

// intact says, after something was read from the network's files, whether it was what lay there: no page is lost since
// there were so many, and nobody wrote into them.
func (g *Graph) intact(lost int64, mapped bool) error {
	if err := g.changed(mapped); err != nil {
		return err
	}
	if lostPages() == lost {
		return nil
	}
	if err := g.changed(false); err != nil {
		return err
	}
	return fault.Missing.Errorf("%s could not be read to its end: connect its disk or network again, then try again", g.name())
}

// sound closes a session that holds pages of zeros in place of its weights: pages were lost since it was opened.
func (g *Graph) sound() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil || lostPages() == g.lost {
		return nil
	}
	return g.close()
}
