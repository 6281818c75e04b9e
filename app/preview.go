package app

import (
	"reflect"

	"nirvana/app/live"
)

// followed are the changes that a live picture follows.
const followed = ChangedPicture | ChangedLayers | ChangedFrame | ChangedSettings | ChangedModel

func (s *Studio) newPreview() *live.Preview {
	return live.NewPreview(live.Studio{Sight: &s.Sight, Model: s.Model, Runs: s.Runs, Worker: s.worker, Door: s.Door, Strip: s.Strip,
		Now: s.options.Now, Scene: s.Scene,
		Turned: func() {
			s.followed = ofPicture(s.Settings)
			s.changed(ChangedRun | ChangedStep)
		},
		Changed: func() { s.changed(ChangedStep) }})
}

// follow has the live picture follow a change, except one of settings that are not the picture's, such as the tool: a pass
// for it would show the same again, coarse first.
func (s *Studio) follow(c Change) {
	if _, _, on := s.Live(); !on || c&followed == 0 {
		return
	}
	was := s.followed
	s.followed = ofPicture(s.Settings)
	if c&followed != ChangedSettings || !reflect.DeepEqual(was, s.followed) {
		s.Follow()
	}
}

// ofPicture leaves of settings those that can change a picture.
func ofPicture(t Settings) Settings {
	t.Belong(Settings{})
	t.BrushSize, t.BrushSoftness, t.BrushOpacity, t.BrushThins, t.Tolerance = 0, 0, 0, false, 0
	t.ShowNoise, t.ShowChain, t.Grid = false, false, nil
	return t
}
