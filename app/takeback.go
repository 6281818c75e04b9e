package app

import "reflect"

// TakeBack puts settings of before back, what belongs to the artist and this machine left as it is. The mask that a
// recipe may have brought is undone apart.
func (s *Studio) TakeBack(before Settings) {
	s.Set(func(t *Settings) {
		mine := *t
		*t = before
		t.Belong(mine)
	})
}

// Same says whether the settings that make a picture are still those of before.
func (s *Studio) Same(before Settings) bool {
	before.Belong(s.Settings)
	return reflect.DeepEqual(before, s.Settings)
}
