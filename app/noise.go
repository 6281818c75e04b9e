package app

import (
	"context"
	"image"

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
}

// Noise shows what lies under the frame noised to timestep t. Computed in the
// background; when called again meanwhile, only the last t counts.
func (s *Studio) Noise(t int) {
	d := s.Document
	if picture, _ := s.Shown(); picture == nil {
		s.notify(&Notice{Headline: s.say("There is no picture to add noise to yet"), Advice: s.say("Generate or open one first.")})
		return
	}
	t = min(max(t, 0), max(s.Facts.Timesteps-1, 0))
	n := &Noised{T: t, Frame: d.Frame}
	if old := s.Noised; old != nil && old.Frame == n.Frame {
		n.Step, n.Ready = old.Step, old.Ready // shown until the new one is there
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
// A candidate that is shown is kept first: it is what has been noised.
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

// noiseWanted computes the view when the worker is free and it is not there yet.
func (s *Studio) noiseWanted() {
	n := s.Noised
	info, ok := s.Chosen()
	if s.busy || n == nil || !ok || s.base.Err() != nil || n == s.noiseDone {
		return
	}
	s.noiseDone = n
	picture, corner := s.Shown()
	if picture == nil {
		s.EndNoise()
		return
	}
	img := pixel.Resize(pixel.Flatten(pixel.Crop(picture, n.Frame.Add(corner)), image.Black), s.Settings.Width, s.Settings.Height)
	seed, t := s.Settings.Seed, n.T
	s.work(func() {
		g, err := s.need(s.base, info)
		f, ok := g.(interface {
			Noised(context.Context, *image.RGBA, uint64, int) (engine.Step, error)
		})
		if err != nil || !ok {
			s.post(func() { s.Fail("The noise cannot be shown", err, "", nil) })
			return
		}
		step, err := f.Noised(s.base, img, seed, t)
		s.post(func() {
			if err != nil {
				s.Fail("The noise cannot be shown", err, "", nil)
				return
			}
			n.Step, n.Ready = step, true
			if s.Noised != nil && s.Noised != n {
				s.Noised.Step, s.Noised.Ready = step, true
			}
			s.changed(ChangedStep)
		})
	})
}
