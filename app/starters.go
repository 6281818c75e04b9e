package app

import (
	"path/filepath"
	"slices"

	"nirvana/models/hub"
)

// Starter is a model worth starting with.
type Starter = hub.Starter

// Starters are the models worth starting with that are not here and not on their way.
func (s *Studio) Starters() []Starter {
	return slices.DeleteFunc(hub.Starters(), func(st Starter) bool {
		of, err := hub.Client{}.ParseReference(st.Reference)
		return err != nil || slices.ContainsFunc(s.Models, func(m ModelInfo) bool { return m.Fetched && filepath.Base(m.Dir) == of.Folder() }) ||
			slices.ContainsFunc(s.Downloads, func(d *Download) bool { return d.Name == st.Reference })
	})
}
