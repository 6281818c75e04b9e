package compose

import (
	"image"

	"nirvana/app/job"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// quickSteps are those of a quick pass where the model has no draft.
const quickSteps, quickDeepCache = 6, 3

// Wholes reports whether a live pass of all steps would be another than a quick one.
func (s Scene) Wholes() bool { return s.Facts.Draft.Steps > 0 || s.Settings.Steps > quickSteps }

// Live is what the canvas and the settings ask for now, of few steps or whole, worked out on any goroutine. Its seed
// stays, so that the noise does, and nothing flickers.
func (s Scene) Live(whole bool) func() engine.Request {
	frame := s.Document.Frame
	q := s.Settings.Request()
	q.Variation = 0
	q.Width, q.Height = frame.Dx(), frame.Dy()
	q.ClassLabels = s.class()
	seen := s.seen()
	all, _ := s.Steps()
	strength, files := s.strength(all), Scene{Wildcards: s.Wildcards}
	few := s.few(whole)
	var masks []string
	if s.Facts.Text {
		q.Regions, masks = s.Settings.Worded()
	}
	size := s.Document.Size()
	return func() engine.Request {
		q.Regions = job.Placed(q.Regions, masks, size, frame)
		files.Expand(&q) // one that names no file stays in the text
		if img := seen(); img != nil {
			q.Init = pixel.Flatten(img, image.White)
			q.Strength = strength
		}
		return few(q)
	}
}

// few makes a request one of a quick pass, where it is none that is to be whole.
func (s Scene) few(whole bool) func(engine.Request) engine.Request {
	draft := s.Facts.Draft
	return func(q engine.Request) engine.Request {
		switch {
		case whole:
		case draft.Steps > 0:
			q = draft.Of(q)
			q.Draft = true
		default:
			q.Steps, q.DeepCache = min(q.Steps, quickSteps), quickDeepCache
		}
		return q
	}
}

// seen is what is seen under the frame, with a stroke that is under way; nil where there is nothing.
func (s Scene) seen() func() *image.RGBA {
	d := s.Document
	frame, read := d.Frame, d.Reader(s.Settings.ReadLayer)
	crop := func(img *image.RGBA) *image.RGBA {
		if img == nil || frame.Intersect(img.Rect).Empty() {
			return nil
		}
		return pixel.Crop(img, frame)
	}
	if wet := d.Wet(); wet != nil { // the stroke goes on
		img := crop(wet)
		return func() *image.RGBA { return img }
	}
	return func() *image.RGBA { return crop(read()) }
}
