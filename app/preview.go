package app

import "nirvana/app/live"

// followed are the changes that a live picture follows.
const followed = ChangedPicture | ChangedLayers | ChangedFrame | ChangedSettings | ChangedModel

func (s *Studio) newPreview() *live.Preview {
	return live.NewPreview(live.Studio{Sight: &s.Sight, Model: s.Model, Runs: s.Runs, Worker: s.worker, Door: s.Door, Strip: s.Strip,
		Now: s.options.Now, Scene: s.Scene,
		Turned:  func() { s.changed(ChangedRun | ChangedStep) },
		Changed: func() { s.changed(ChangedStep) }})
}
