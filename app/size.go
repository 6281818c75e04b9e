package app

import (
	"fmt"

	"nirvana/engine/pixel"
)

// NewDocument begins an empty document; unsaved work becomes earlier work. The size stays, which may be that of a
// picture that was opened; if it does not suit the model, a notice offers the model's own.
func (s *Studio) NewDocument() {
	s.begin(&pixel.File{}, "", nil)
	if s.offOwnSize() && !s.Offering() {
		s.offerOwnSize()
	}
}

// offOwnSize reports whether the size is so far from the model's own that it draws parts of objects, or repeats them:
// the shorter side under 0.7 of its own, less than any aspect ratio up to 1:2 at its own area, or more than four times
// its area.
func (s *Studio) offOwnSize() bool {
	f := s.Facts
	if f.Fixed || f.Width <= 0 || f.Height <= 0 {
		return false
	}
	w, h := s.Settings.Width, s.Settings.Height
	return 10*min(w, h) < 7*min(f.Width, f.Height) || w*h > 4*f.Width*f.Height
}

func (s *Studio) offerOwnSize() {
	w, h := s.Facts.Width, s.Facts.Height
	s.Tell(&Notice{Headline: fmt.Sprintf(s.say("The next picture will have %d x %d px"), s.Settings.Width, s.Settings.Height),
		Advice: fmt.Sprintf(s.say("%s draws best at about %d x %d px."), s.Facts.Name, w, h), Fine: true,
		Action: s.say("Use that size"), Do: func() { s.Set(func(t *Settings) { t.Width, t.Height = w, h }) }})
}
