package app

import (
	"slices"

	"nirvana/app/library"
)

// Download is a model that is being fetched from the hub.
type Download = library.Download

// Starter is a model worth starting with.
type Starter = library.Starter

// Part is a file that goes with a model: a VAE, a ControlNet, an upscaler.
type Part = library.Part

// Parts are the files that go with a model.
type Parts = library.Parts

// WaitReasons are the reasons why a download waits, for the translations' test.
var WaitReasons = library.WaitReasons

// Root is a folder whose models are all listed.
type Root = library.Root

// Linked returns the model folders that were added in place, and the folders whose models are all listed, from a data folder's journal.
func Linked(home string) (folders, roots []string) { return library.Linked(home) }

func (s *Studio) newLibrary() *library.Library {
	o := s.options
	return library.New(s.base, o.Models, library.Options{Home: o.Home, Store: o.Store, Hub: o.Hub, Read: o.Read, List: o.List, Watch: o.Watch, Parts: o.Parts, Now: o.Now}, library.Hooks{
		Post: s.Post, Aside: s.Aside, Say: s.say, Notify: s.Tell, Fail: s.Fail, Open: func(dir string) { s.Open(dir) },
		Changed: func() { s.changed(ChangedModel) },
		Found:   func(dir string) { s.FoundParts(dir) },
		InUse:   func(m ModelInfo) bool { return s.InUse(m) },
		Rooted:  func(roots []string) { s.Set(func(t *Settings) { t.Roots = roots }) },
		Linked: func(dir string, here bool) {
			if here == slices.Contains(s.Settings.Folders, dir) {
				return
			}
			s.Set(func(t *Settings) {
				t.Folders = slices.DeleteFunc(slices.Clone(t.Folders), func(d string) bool { return d == dir })
				if here {
					t.Folders = append(t.Folders, dir)
				}
			})
		}})
}

// findModels lists the models that the artist added. The selected one is read first: it may be in a large folder, which
// is read in the background.
func (s *Studio) findModels() {
	for _, dir := range slices.Clone(s.Settings.Folders) {
		if m, err := s.Read(dir); err == nil { // a missing one, perhaps on another disk, stays in the list
			s.AddModel(m)
		}
	}
	s.SetRoots(s.Settings.Roots)
	dir := s.Settings.ModelDir
	root := s.RootOf(dir)
	if _, ok := s.Named(dir); ok || dir == "" || root == "" {
		return
	}
	if m, err := s.Read(dir); err == nil {
		m.Root = root
		s.AddModel(m)
	}
}
