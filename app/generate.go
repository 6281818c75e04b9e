package app

import (
	"sync"

	"nirvana/app/job"
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
	if s.refuse(info) || s.unreadable() {
		return info, false
	}
	if !s.sized && !s.run.Active() && s.Facts.Name == "" && s.Document.Picture == nil {
		if !s.worker.Busy() && info.Width > 0 { // the one that was asked for at the start did not open
			s.Open(info.Dir)
		}
		if s.worker.Busy() {
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
	s.live.Yield()
	s.runs++
	r.ID = s.runs
	if r.Document == 0 {
		r.Document = s.Document.Serial
	}
	s.begunOn(r)
	s.Queue = append(s.Queue, s.adopt(r))
	s.prepareAside(r)
	s.changed(ChangedRun)
	s.advance()
}

// prepareAside works out beside the window what a run reads, and tells of files that it goes without. Until then the
// journal has what it is worked out from.
func (s *Studio) prepareAside(r *Run) {
	j := r.Job
	if j.Ready() {
		return
	}
	s.aside(func() {
		j.Prepared() // the worker tells of what went wrong
		s.post(func() {
			s.changed(ChangedRun)
			for _, lost := range j.Lost() {
				failed := "The picture for the ControlNet cannot be loaded"
				if lost.Kind == job.Depth {
					failed = "The depth map cannot be loaded"
				}
				s.Fail(failed, lost.Err, "", nil)
			}
		})
	})
}

// prepare takes everything a run needs from the state: it may change while the run waits.
func (s *Studio) prepare(info ModelInfo) *Run { return s.prepareAs(info, s.Mode()) }

func (s *Studio) prepareAs(info ModelInfo, mode Mode) *Run {
	t := s.Settings
	r := &Run{Mode: mode, Frame: s.region(mode), Prompt: t.Prompt, Seed: t.Seed, Count: t.Count}
	j := &r.Job
	*j = job.Job{Mode: mode, Frame: r.Frame, Model: info, Feather: t.Feather, Match: t.Match, Used: s.used}
	j.Request = t.Request()
	s.fromFiles(&j.Request) // an error was told of before the run was queued
	if s.Document.Picture != nil {
		j.Request.Tiling = task.Tiling(j.Request.Tiling, r.Frame, s.Document.Picture.Rect)
	}
	s.walk(&j.Request)
	s.draft(&j.Request)
	j.Request.CutOut = j.Request.CutOut && task.CutsOut(j.Request, s.Facts, mode, s.Document.Recipe != nil && s.Document.Recipe.CutOut)
	if s.Facts.Verifier && j.Request.Variation == 0 {
		j.BestOf = t.BestOf
	}
	if len(s.Facts.Classes) > 0 {
		j.Request.ClassLabels = []int{min(t.Class, len(s.Facts.Classes)-1)}
	}
	if mode == Inpaint && t.OnlyMasked {
		j.Request.Width, j.Request.Height = s.enlarged(r.Frame)
	}
	if mode != TextToImage {
		j.Request.Strength = s.strength()
		read, painted := sync.OnceValue(s.Document.Reader(t.ReadLayer)), pixel.CropMask(s.Document.Mask, r.Frame)
		j.Then(job.Input{Kind: job.Ground, Picture: read, Grey: painted, Overlap: t.Overlap})
	}
	s.applyModelOptions(j, t)
	s.steer(j)
	j.Recipe = s.recipe(j)
	return r
}

// draft makes a request a draft, where one is wanted and the model has it.
func (s *Studio) draft(q *engine.Request) {
	if q.Draft = s.Drafts(); q.Draft {
		*q = s.Facts.Draft.Of(*q)
	}
}

// Drafts says whether the next run uses the denoiser distilled to few steps.
func (s *Studio) Drafts() bool { return s.Settings.Draft && s.Facts.Draft.Steps > 0 }
