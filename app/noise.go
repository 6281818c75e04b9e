package app

import (
	"image"

	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Noised is the forward process on the canvas: the picture under the frame at
// timestep T, as q(x_t | x_0) makes it.
type Noised struct {
	T     int // 0 to Facts.Timesteps-1
	Frame image.Rectangle
	// Step shows it (Noisy) once Ready.
	Step  engine.Step
	Ready bool
	Chain engine.Step // the same, step by step with fresh noise; empty if it is not shown
}

// Noise shows what lies under the frame noised to timestep t. Computed in the
// background; when called again meanwhile, only the last t counts.
func (s *Studio) Noise(t int) {
	d := s.Document
	if picture, _ := s.Shown(); picture == nil {
		s.Tell(&Notice{Headline: s.say("There is no picture to add noise to yet"), Advice: s.say("Generate or open one first.")})
		return
	}
	t = min(max(t, 0), max(s.Facts.Timesteps-1, 0))
	n := &Noised{T: t, Frame: d.Frame}
	if old := s.Noised; old != nil && old.Frame == n.Frame {
		n.Step, n.Ready, n.Chain = old.Step, old.Ready, old.Chain // shown until the new one is computed
	}
	s.Noised = n
	s.changed(ChangedStep)
	s.noiseWanted()
}

// EndNoise goes back to the picture.
func (s *Studio) EndNoise() {
	if s.Noised != nil {
		s.Noised = nil
		s.changed(ChangedStep)
	}
}

// Denoise goes back from the noised picture: image to image from its timestep on, with its seed.
// A candidate that is shown is kept first, because it is what was noised.
func (s *Studio) Denoise() {
	n := s.Noised
	if n == nil || s.Facts.Timesteps == 0 {
		return
	}
	s.EndNoise()
	s.Tray.Keep()
	s.Set(func(t *Settings) { t.Strength = float32(n.T+1) / float32(s.Facts.Timesteps) })
	locked := s.Settings.Locked
	s.Settings.Locked = true
	s.Generate()
	s.Settings.Locked = locked
}

// noiseWanted computes the noise view if the worker is free and it is not computed yet.
func (s *Studio) noiseWanted() {
	n := s.Noised
	info, ok := s.Chosen()
	if s.worker.Busy() || n == nil || !ok || s.base.Err() != nil || n == s.noiseDone {
		return
	}
	s.noiseDone = n
	picture, corner := s.Shown()
	if picture == nil {
		s.EndNoise()
		return
	}
	at, w, h := n.Frame.Add(corner), s.Settings.Width, s.Settings.Height
	img := func() *image.RGBA { return pixel.Resize(pixel.Flatten(pixel.Crop(picture, at), image.White), w, h) }
	s.worker.Noise(info, img, s.Settings.Seed, n.T, s.Settings.ShowChain)
}

// noised takes the noise view that the worker computed.
func (s *Studio) noised(e worker.Noised) {
	if e.Err != nil {
		s.Fail("The noise cannot be shown", e.Err, "", nil)
		return
	}
	for _, n := range []*Noised{s.noiseDone, s.Noised} { // the one that was requested, and the current one
		if n != nil {
			n.Step, n.Ready, n.Chain = e.Step, true, e.Chain
		}
	}
	s.changed(ChangedStep)
}
