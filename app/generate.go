package app

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Generate queues a run of what the settings and the document say now. It never waits.
func (s *Studio) Generate() {
	if info, ok := s.mayRun(); ok {
		s.submit(s.prepare(info))
		s.changed(ChangedSettings)
	}
}

// mayRun is the chosen model, where a run with it can be queued now. It draws the run's seed.
func (s *Studio) mayRun() (ModelInfo, bool) {
	s.Document.EndFrame()
	info, ok := s.Chosen()
	if !ok {
		s.notify(&Notice{Headline: s.say("There is no model to paint with"), Advice: s.say("Add a model folder in the Model menu.")})
		return info, false
	}
	if s.refuse(info) {
		return info, false
	}
	if !s.sized && !s.run.Active() && s.Facts.Name == "" && s.Document.Picture == nil {
		if !s.busy && info.Width > 0 { // the one that was asked for at the start did not open
			s.Open(info.Dir)
		}
		if s.busy {
			s.Asked++
			s.changed(ChangedRun)
			return info, false
		}
	}
	if !s.Settings.Locked && s.lastSeed != nil && s.Settings.Seed == *s.lastSeed { // a seed that was typed or diced is used once
		s.Settings.Seed = s.options.Draw()
	}
	used := s.Settings.Seed
	s.lastSeed = &used
	return info, true
}

// Widen moves the frame and queues the run that fills it: zooming out or panning in one click. A candidate that is
// shown is kept first, since it is what is to be widened.
func (s *Studio) Widen(frame func()) {
	if s.Tray.Current() != nil {
		s.Tray.Keep()
	}
	if s.Document.Picture == nil {
		s.notify(&Notice{Headline: s.say("There is nothing to extend yet"), Advice: s.say("Generate or open a picture first.")})
		return
	}
	frame()
	s.Generate()
}

// submit puts a run at the queue's end.
func (s *Studio) submit(r *Run) {
	if s.Notice != nil {
		s.notify(nil)
	}
	s.EndNoise()
	s.runs++
	r.ID = s.runs
	if r.document == 0 {
		r.document = s.Document.Serial
	}
	r.begunOn(s)
	s.Queue = append(s.Queue, r)
	s.changed(ChangedRun)
	s.advance()
}

// prepare takes everything a run needs from the state: it may change while the run waits.
func (s *Studio) prepare(info ModelInfo) *Run { return s.prepareAs(info, s.Mode()) }

func (s *Studio) prepareAs(info ModelInfo, mode Mode) *Run {
	t := s.Settings
	r := &Run{Mode: mode, Frame: s.region(mode), Prompt: t.Prompt, Seed: t.Seed, Count: t.Count, studio: s}
	j := &r.job
	*j = job{mode: mode, frame: r.Frame, model: info, feather: t.Feather, match: t.Match, used: s.used}
	j.request = t.request()
	s.walk(&j.request)
	s.fewSteps(&j.request)
	if len(s.Facts.Classes) > 0 {
		j.request.ClassLabels = []int{min(t.Class, len(s.Facts.Classes)-1)}
	}
	if mode == Inpaint && t.OnlyMasked {
		j.request.Width, j.request.Height = s.enlarged(r.Frame)
	}
	if mode != TextToImage {
		j.request.Strength = s.strength()
		j.under(s.Document, t)
	}
	s.suit(j, t)
	s.steer(j)
	j.recipe = s.recipe(j)
	return r
}

// fewSteps makes a request the draft's, where one is wanted and the model has it.
func (s *Studio) fewSteps(q *engine.Request) {
	if q.FewSteps = s.Drafts(); q.FewSteps {
		*q = s.Facts.Few.Of(*q)
	}
}

// Drafts says whether the next run is one of few steps.
func (s *Studio) Drafts() bool { return s.Settings.FewSteps && s.Facts.Few.Steps > 0 }

// under gives a job the picture and the mask of a document that lie under its frame.
func (j *job) under(d *Document, t Settings) {
	base := pixel.Crop(d.Picture, j.frame)
	var mask, holes *image.Gray
	if j.mode == Inpaint || j.mode == Outpaint {
		mask = pixel.CropMask(d.Mask, j.frame)
	}
	if j.mode == Outpaint {
		holes = pixel.Transparent(base)
		j.request.Content = "original"
	}
	g := task.Prepare(j.mode, base, mask, holes, t.Overlap, j.ground())
	g.Give(&j.request)
	j.base, j.mask, j.feather = g.Base, g.Mask, g.Feather
}

// ground is what the job's result is laid over.
func (j *job) ground() task.Ground {
	return task.Ground{Base: j.base, Mask: j.mask, Feather: j.feather, Match: j.match}
}

// candidate makes a result ready to be shown and kept. Runs on the worker.
func (j *job) candidate(img *image.RGBA, partial bool) *Candidate {
	c := &Candidate{Frame: j.frame, Recipe: j.recipe, Seed: j.recipe.Seed, Mode: j.mode, Partial: partial, job: *j, replaces: j.replaces}
	c.Picture, c.raw, c.alpha = j.ground().Lay(img, j.frame.Size())
	if j.mask == nil {
		return c
	}
	edge, was := j.boundary()
	c.Seam = pixel.Seam(c.Picture, was, edge)
	if j.onto != nil {
		c.raw, c.alpha = c.Picture, touched(c.alpha, j.onto)
	}
	return c
}

// touched is 255 where either counts at all: there the picture is already mixed.
func touched(a, b *image.Gray) *image.Gray {
	out := image.NewGray(a.Rect)
	for i := range out.Pix {
		if a.Pix[i]|b.Pix[i] != 0 {
			out.Pix[i] = 255
		}
	}
	return out
}
