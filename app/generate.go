package app

import (
	"fmt"
	"path/filepath"
	"time"

	"nirvana/app/compose"
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/task"
)

// Recipe is everything needed to make a picture again; see package recipe.
type Recipe = recipe.Recipe

// Mode is what Generate will do, decided by what is under the frame.
type Mode = task.Mode

const (
	TextToImage  = task.TextToImage  // nothing under the frame
	ImageToImage = task.ImageToImage // a picture
	Inpaint      = task.Inpaint      // a painted mask
	Outpaint     = task.Outpaint     // missing pixels in the frame, or transparent ones and no mask
)

// Strengths of Vary.
const (
	Subtle = compose.Subtle
	Strong = compose.Strong
)

// Mode of the document as it is now.
func (s *Studio) Mode() Mode {
	if s.mode == nil {
		m := s.Document.Mode()
		s.mode = &m
	}
	return *s.mode
}

// Scene is the state that the next run depends on.
func (s *Studio) Scene() compose.Scene {
	c := compose.Scene{Settings: s.Settings, Facts: s.Facts, Document: s.Document, Mode: s.Mode(), Device: s.Device, Used: s.used,
		Software: recipe.Software(s.options.Version), Made: s.now().UTC().Format(time.RFC3339)}
	c.Model, _ = s.Chosen()
	c.Refiner, _ = s.chosenRefiner()
	if s.options.Home != "" {
		c.Wildcards = filepath.Join(s.options.Home, "wildcards")
	}
	return c
}

// Plan describes in one line what Generate will do: "Inpaint the mask, 18 of 25 steps".
func (s *Studio) Plan() string { return s.Scene().Plan(s.say) }

// Generate queues a run with the current settings and document. It never waits.
func (s *Studio) Generate() {
	if s.mayRun() {
		s.submit(s.Scene().Run())
		s.changed(ChangedSettings)
	}
}

// mayRun reports whether a run of the chosen model can be queued now. It draws the run's seed.
func (s *Studio) mayRun() bool {
	s.Document.EndFrame()
	info, ok := s.Chosen()
	if !ok {
		s.Tell(&Notice{Headline: s.say("There is no model to paint with"), Advice: s.say("Add a model folder in the Model menu.")})
		return false
	}
	if s.refuse(info) {
		return false
	}
	if err := s.Scene().Readable(); err != nil {
		s.Fail("The picture could not be made", err, "", nil)
		return false
	}
	if !s.sized && !s.Run().Active() && s.Facts.Name == "" && s.Document.Picture == nil {
		if !s.worker.Busy() && info.Width > 0 { // the model of the start could not be opened
			s.Open(info.Dir)
		}
		if s.worker.Busy() {
			s.Ask()
			return false
		}
	}
	if !s.Settings.Locked && s.lastSeed != nil && s.Settings.Seed == *s.lastSeed { // a seed that was typed or drawn is used once
		s.Settings.Seed = s.options.Draw()
	}
	used := s.Settings.Seed
	s.lastSeed = &used
	return true
}

// Widen moves the frame and queues the run that fills it: outpainting in one click. A candidate that is shown is kept
// first, because it is what is to be outpainted.
func (s *Studio) Widen(frame func()) {
	if s.Tray.Current() != nil {
		s.Tray.Keep()
	}
	if s.Document.Picture == nil {
		s.Tell(&Notice{Headline: s.say("There is nothing to extend yet"), Advice: s.say("Generate or open a picture first.")})
		return
	}
	frame()
	s.Generate()
}

// Upscale queues an enlargement of what is shown.
func (s *Studio) Upscale(factor int) {
	img, _ := s.Shown()
	if _, ok := s.Chosen(); img == nil || !ok {
		s.Tell(&Notice{Headline: s.say("There is nothing to enlarge yet"), Advice: s.say("Generate or open a picture first.")})
		return
	}
	run, err := s.Scene().Enlarged(img, factor)
	if err != nil {
		s.Tell(&Notice{Headline: s.say("The picture would become too large"), Advice: s.say("Sides of at most 8192 px can be made: crop it first.")})
		return
	}
	run.Job.Recipe.Origin = recipe.From(s.ShownRecipe(), "upscale")
	s.submit(run)
}

// Vary queues variations of a candidate: its noise, mixed with other noise by spherical interpolation.
func (s *Studio) Vary(c *Candidate, strength float32) {
	s.follow(c, compose.Varied(c, s.Settings.Count, strength, s.options.Draw()))
}

// FixSeam denoises a band along the mask's edge of a candidate again.
func (s *Studio) FixSeam(c *Candidate) {
	if run := compose.SeamFixed(c); run != nil {
		s.follow(c, run)
	}
}

// follow queues a run that starts from a candidate's recipe.
func (s *Studio) follow(c *Candidate, run *Run) {
	if m := c.Job.Model; m.Dir == "" {
		s.Tell(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), m.Name), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		return
	}
	s.submit(run)
}

// Use applies a recipe to the settings: all of it, with the seed locked. The next run with the same parameters is
// compared with it, see compose.Verdict.
func (s *Studio) Use(r Recipe) {
	s.used = &r
	s.sized = s.sized || r.Steps > 0 && r.Width > 0 && r.Height > 0 // a model that is opened later does not change them
	s.Fail("The mask cannot be loaded", s.Document.UseMask(r), "", nil)
	s.Set(func(t *Settings) { t.Use(r, s.Facts, s.find) })
	s.Document.UseFrame(r)
}

// MakeAgain reproduces a recipe's picture and reports whether it is the same. Text to image works with any canvas; image
// to image needs the picture on it.
func (s *Studio) MakeAgain(r Recipe) {
	s.Use(r)
	if _, err := s.Scene().As(r); err != nil {
		s.Tell(&Notice{Headline: s.say("This picture began from another one"), Advice: s.say("Open the picture that it started from, then reproduce it.")})
		return
	}
	if !s.mayRun() {
		return
	}
	scene, err := s.Scene().As(r)
	var run *Run
	if err == nil {
		run, err = scene.Again(r)
	}
	if err != nil {
		s.Tell(&Notice{Headline: s.say("This picture cannot be reproduced here"), Advice: s.say("Something was painted or grafted into it during the run whose pixels its recipe does not contain."), Detail: err.Error()})
		return
	}
	s.submit(run)
	s.changed(ChangedSettings)
}

// submit appends a run to the queue. Runs come before the noise view and the live picture.
func (s *Studio) submit(r *Run) {
	s.EndNoise()
	s.live.Yield()
	s.fields.Part()
	s.Submit(r)
}

// prepareAside computes a run's inputs in the background, and reports files that are missing. Until then the journal has
// what they are computed from.
func (s *Studio) prepareAside(r *Run) {
	j := r.Job
	if j.Ready() {
		return
	}
	s.Beside(func() func() {
		j.Prepared() // the worker reports what went wrong
		return func() {
			s.changed(ChangedRun)
			for _, lost := range j.Lost() {
				failed := "The picture for the ControlNet cannot be loaded"
				switch lost.Kind {
				case job.Depth:
					failed = "The depth map cannot be loaded"
				case job.Region:
					failed = "The mask cannot be loaded"
				}
				s.Fail(failed, lost.Err, "", nil)
			}
		}
	})
}
