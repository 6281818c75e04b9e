package app

import (
	"image"
	"time"

	"nirvana/app/layers"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Live is the picture that follows the canvas; nil, and where, while there is none.
func (s *Studio) Live() (img *image.RGBA, frame image.Rectangle, on bool) {
	return s.live.Picture, s.live.Frame, s.live.On
}

// SetLive turns it on or off.
func (s *Studio) SetLive(on bool) {
	if on == s.live.On {
		return
	}
	if _, ok := s.Chosen(); on && !ok {
		s.notify(&Notice{Headline: s.say("There is no model to paint with"), Advice: s.say("Add a model folder in the Model menu.")})
		return
	}
	s.live.Start(on, s.now())
	s.changed(ChangedRun | ChangedStep)
	s.liveWanted()
}

// LiveTouched notes that a stroke of colour goes on.
func (s *Studio) LiveTouched() {
	if s.live.On {
		s.live.Touch(s.now())
		s.liveWanted()
	}
}

// followed are the changes that a live picture follows.
const followed = ChangedPicture | ChangedLayers | ChangedFrame | ChangedSettings | ChangedModel

// liveWanted begins the next pass, where one is due and the model is free.
func (s *Studio) liveWanted() {
	info, ok := s.Chosen()
	if !ok || s.worker.Busy() || len(s.Queue) > 0 || s.base.Err() != nil {
		return
	}
	pass, ok, wait := s.live.Next(s.now(), s.wholePass())
	if wait > 0 {
		time.AfterFunc(wait, func() { s.post(s.liveWanted) })
	}
	if !ok {
		return
	}
	s.liveFrame = s.Document.Frame
	s.live.Began(pass, s.worker.Live(info, s.liveRequest(pass.Whole), pass.Number))
}

// quickSteps are those of a quick pass where the model has no draft.
const quickSteps, quickDeepCache = 6, 3

// wholePass says that a pass of all steps would be another than a quick one.
func (s *Studio) wholePass() bool { return s.Facts.Draft.Steps > 0 || s.Settings.Steps > quickSteps }

// liveRequest is what the canvas and the settings ask for now. Its seed stays, so that the noise does, and nothing flickers.
func (s *Studio) liveRequest(whole bool) engine.Request {
	t, d := s.Settings, s.Document
	q := t.Request()
	q.Seed, q.Variation = t.Seed, 0
	s.fromFiles(&q) // one that names no file stays in the text
	q.Width, q.Height = d.Frame.Dx(), d.Frame.Dy()
	if n := len(s.Facts.Classes); n > 0 {
		q.ClassLabels = []int{min(t.Class, n-1)}
	}
	if img := s.liveInput(); img != nil {
		q.Init = pixel.Flatten(pixel.Crop(img, d.Frame), image.White)
		q.Strength = s.strength()
	}
	switch {
	case whole:
	case s.Facts.Draft.Steps > 0:
		q = s.Facts.Draft.Of(q)
		q.Draft = true
	default:
		q.Steps, q.DeepCache = min(t.Steps, quickSteps), quickDeepCache
	}
	return q
}

// liveInput is what is seen, with a stroke that is under way; nil where there is nothing under the frame.
func (s *Studio) liveInput() *image.RGBA {
	img := s.Document.Wet()
	if img == nil {
		img = s.Document.Read(s.Settings.ReadLayer)
	}
	if img == nil || s.Document.Frame.Intersect(img.Rect).Empty() {
		return nil
	}
	return img
}

// lived takes a pass.
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
	if img.Rect.Size() != frame.Size() {
		img = pixel.Resize(img, frame.Dx(), frame.Dy())
	}
	err := d.Arrange("take live", func(t *layers.Stack) (*layers.Stack, error) {
		return t.Added(t.Active, layers.Raster(t.Free("Live"), img, frame.Min))
	})
	if err != nil {
		s.Fail("The layers stay as they are", err, "", nil)
	}
}
