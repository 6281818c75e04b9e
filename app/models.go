package app

import (
	"slices"

	"nirvana/app/library"
)

// Download is a model that is being fetched from the hub.
type Download = library.Download

// WaitReasons are the reasons why a download waits, for the translations' test.
var WaitReasons = library.WaitReasons

// Linked is the model folders that were added in place, as a data folder's journal has them.
func Linked(home string) []string { return library.Linked(home) }

func (s *Studio) newLibrary() *library.Library {
	o := s.options
	return library.New(s.base, o.Models, library.Options{Home: o.Home, Store: o.Store, Hub: o.Hub, Read: o.Read, Now: o.Now}, library.Hooks{
		Post: s.Post, Aside: s.Aside, Say: s.say, Notify: s.Tell, Fail: s.Fail, Open: s.Open,
		Changed: func() { s.changed(ChangedModel) },
		InUse: func(m ModelInfo) bool {
			chosen, _ := s.Chosen()
			return m.Dir == s.openDir || m.Dir == chosen.Dir
		},
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
