package app

import "nirvana/app/noise"

// Noised is the picture under the frame at a timestep of the forward process.
type Noised = noise.Noised

func (s *Studio) newNoise() *noise.View {
	return noise.New(noise.Studio{Sight: &s.Sight, Panel: s.Panel, Model: s.Model, Worker: s.worker, Strip: s.Strip,
		Changed: func() { s.changed(ChangedStep) }, Generate: s.Generate})
}
