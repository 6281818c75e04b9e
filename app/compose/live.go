package compose

import (
	"image"

	"nirvana/app/job"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// quickSteps is the number of steps of a quick pass if neither model nor sampler is for few, and how often its inner
// layers are computed.
const quickSteps, quickDeepCache = 6, 3

// fewSteps is up to how many steps a model is taken for one distilled to few (SDXL Turbo: 1 to 4, LCM: 4 to 8, FLUX
// schnell: 4, Lightning: 8).
const fewSteps = 8

// Wholes reports whether a live pass with all steps differs from a quick one.
func (s Scene) Wholes() bool { return s.Draft().Steps > 0 || s.Settings.Steps > s.quick() }

// quick is the number of steps of a quick pass without a draft: as many as a distilled model was made for.
func (s Scene) quick() int {
	if n := s.Facts.Steps; s.distilled() && n > 0 && n <= fewSteps {
		return n
	}
	return quickSteps
}

// distilled reports whether model or sampler are for few steps, of which each is to be computed in full.
func (s Scene) distilled() bool {
	sampler := s.Settings.Sampler
	return s.Facts.Steps > 0 && s.Facts.Steps <= fewSteps || sampler == "LCM" || sampler == "TCD"
}

// Live is a request for the present canvas and settings, with few steps or all, prepared on any goroutine. Its seed
// is constant, so that the picture does not flicker.
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
	size, facts, mode, was := s.Document.Size(), s.Facts, s.Mode, s.wasCutOut()
	return func() engine.Request {
		q.Regions = job.Placed(q.Regions, masks, size, frame)
		files.Expand(&q) // a missing wildcard stays in the text
		q.CutOut = q.CutOut && task.CutsOut(q, facts, mode, was)
		task.ApplyModelOptions(&q, facts, false)
		if img := seen(); img != nil {
			q.Init = pixel.Flatten(img, image.White)
			q.Strength = strength
		}
		return few(q)
	}
}

// few reduces a request to a quick pass, unless whole.
func (s Scene) few(whole bool) func(engine.Request) engine.Request {
	draft, quick, every := s.Draft(), s.quick(), quickDeepCache
	if s.distilled() || s.Settings.Steps <= quick { // the artist's own few steps, which no whole pass makes good
		every = 0
	}
	return func(q engine.Request) engine.Request {
		switch {
		case whole:
		case draft.Steps > 0:
			q = draft.Of(q)
			q.Draft = true
		default:
			q.Steps, q.DeepCache = min(q.Steps, quick), every
			if q.Init != nil { // so that at least one step is run
				q.Strength = max(q.Strength, min(1/float32(q.Steps)+1e-6, 1))
			}
		}
		return q
	}
}

// seen returns the visible picture under the frame, with the unfinished stroke; nil if there is nothing.
func (s Scene) seen() func() *image.RGBA {
	d := s.Document
	frame, read := d.Frame, d.Reader(s.Settings.ReadLayer)
	crop := func(img *image.RGBA) *image.RGBA {
		if img == nil || frame.Intersect(img.Rect).Empty() {
			return nil
		}
		return pixel.Crop(img, frame)
	}
	if wet := d.Wet(); wet != nil { // the unfinished stroke
		img := crop(wet)
		return func() *image.RGBA { return img }
	}
	return func() *image.RGBA { return crop(read()) }
}
