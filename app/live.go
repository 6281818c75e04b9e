package app

import (
	"image"
	"time"

	"nirvana/app/layers"
	"nirvana/app/worker"
	"nirvana/engine/pixel"
)

// Live is the picture that follows the canvas, nil while there is none, and its frame.
func (s *Studio) Live() (img *image.RGBA, frame image.Rectangle, on bool) {
	return s.live.Picture, s.live.Frame, s.live.On
}

// SetLive turns it on or off.
func (s *Studio) SetLive(on bool) {
	if on == s.live.On {
		return
	}
	if _, ok := s.Chosen(); on && !ok {
		s.Tell(&Notice{Headline: s.say("There is no model to paint with"), Advice: s.say("Add a model folder in the Model menu.")})
		return
	}
	s.live.Start(on, s.now())
	s.changed(ChangedRun | ChangedStep)
	s.liveWanted()
}

// LiveTouched notes that a stroke of colour continues.
func (s *Studio) LiveTouched() {
	if s.live.On {
		s.live.Touch(s.now())
		s.liveWanted()
	}
}

// followed are the changes that a live picture follows.
const followed = ChangedPicture | ChangedLayers | ChangedFrame | ChangedSettings | ChangedModel

// liveWanted begins the next pass if one is due and the model is free.
func (s *Studio) liveWanted() {
	info, ok := s.Chosen()
	if !ok || s.worker.Busy() || len(s.Queue) > 0 || s.base.Err() != nil {
		return
	}
	scene := s.Scene()
	pass, ok, wait := s.live.Next(s.now(), scene.Wholes())
	if wait > 0 {
		post, again := s.Post, s.liveWanted
		time.AfterFunc(wait, func() { post(again) })
	}
	if !ok {
		return
	}
	s.liveFrame = s.Document.Frame
	s.live.Began(pass, s.worker.Live(info, scene.Live(pass.Whole), pass.Number))
}

// lived takes the result of a pass.
func (s *Studio) lived(e worker.Lived) {
	if e.Err != nil {
		if s.live.Failed(e.Pass) {
			s.Fail("The live picture could not be made", e.Err, "", nil)
			s.changed(ChangedRun | ChangedStep)
		}
		return
	}
	if s.live.Done(e.Pass, e.Picture, s.liveFrame) {
		s.changed(ChangedStep)
	}
}

// TakeLive makes the live picture a layer; of an empty document, its picture.
func (s *Studio) TakeLive() {
	img, frame, _ := s.Live()
	if img == nil {
		return
	}
	d := s.Document
	if d.Picture == nil {
		d.Set(img)
		return
	}
	serial := d.Serial
	s.Beside(func() func() {
		if img.Rect.Size() != frame.Size() {
			img = pixel.Resize(img, frame.Dx(), frame.Dy())
		}
		l := layers.Raster("Live", img, frame.Min)
		return func() {
			if d.Serial != serial {
				return
			}
			s.Fail("The layers stay as they are", d.Arrange("take live", func(t *layers.Stack) (*layers.Stack, error) {
				l.Name = t.Free(l.Name)
				return t.Added(t.Active, l)
			}), "", nil)
		}
	})
}
