package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A project holds no files but its own entries. Whatever path stands in it was one of the machine that wrote it: it
// is opened only where the artist has chosen the same here.

// keepInside drops the paths of a project's settings that are not this artist's, and gives those that were dropped.
func (t *Settings) keepInside(mine Settings, models []ModelInfo) (dropped []string) {
	known := func(dir string) bool {
		return slices.ContainsFunc(models, func(m ModelInfo) bool { return m.Dir == dir })
	}
	if !known(t.ModelDir) { // the model is found by its name
		t.ModelDir = ""
	}
	if !known(t.Refiner) {
		t.Refiner = ""
	}
	chosen := []string{"", mine.DepthFile}
	for _, c := range mine.Controls() {
		chosen = append(chosen, c.File)
	}
	check := func(file *string) {
		if !slices.Contains(chosen, *file) {
			dropped = append(dropped, *file)
			*file = ""
		}
	}
	check(&t.DepthFile)
	all := t.Controls()
	for i := range all {
		check(&all[i].File)
	}
	t.setControls(all)
	return dropped
}

// sayOutside tells which files a project names.
func (s *Studio) sayOutside(path string, files []string) {
	if len(files) == 0 {
		return
	}
	for i, f := range files {
		files[i] = filepath.Base(strings.ReplaceAll(f, `\`, "/"))
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s names files outside of it, which were not opened"), filepath.Base(path)), Advice: s.say("Choose them again in the panel."), Detail: strings.Join(files, ", ")})
}

// useOwn lets a project's job run on models of this machine alone, found by their names: one that is not here has no folder.
func (j *savedJob) useOwn(find func(string) (ModelInfo, bool)) {
	for _, m := range []*ModelInfo{&j.Model, &j.Refiner} {
		own, ok := ModelInfo{}, false
		if m.Name != "" {
			own, ok = find(m.Name)
		}
		if !ok {
			own = ModelInfo{Name: m.Name}
		}
		*m = own
	}
}
