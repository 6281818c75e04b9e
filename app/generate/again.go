package generate

import (
	"nirvana/app/compose"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Runs made from an existing picture: a candidate, or a recipe's.

// Upscale queues an enlargement of the shown picture.
func (c *Composer) Upscale(factor int) {
	img, _ := c.in.Sight.Shown()
	if _, ok := c.in.Model.Chosen(); img == nil || !ok {
		c.advise("There is nothing to enlarge yet", "Generate or open a picture first.")
		return
	}
	run, err := c.Scene().Enlarged(img, factor)
	if err != nil {
		c.advise("The picture would become too large", "Sides of at most 8192 px can be made: crop it first.")
		return
	}
	run.Job.Recipe.Origin = recipe.From(c.in.Sight.ShownRecipe(), recipe.Upscaled)
	c.Enqueue(run)
}

// Vary queues variations of a candidate: its noise, mixed with other noise by spherical interpolation.
func (c *Composer) Vary(of *tray.Candidate, strength float32) {
	if e := of.Job.Enlarge; e != nil && e.Refine == 0 {
		c.advise("An enlarged picture has no noise to vary", "Vary the picture that it came from, then enlarge that.")
		return
	}
	c.follow(of, compose.Varied(of, c.in.Panel.Settings.Count, strength, c.in.Draw()))
}

// FixSeam denoises a band along the mask's edge of a candidate again.
func (c *Composer) FixSeam(of *tray.Candidate) {
	if run := compose.SeamFixed(of); run != nil {
		c.follow(of, run)
	}
}

// follow queues a run that starts from a candidate's recipe.
func (c *Composer) follow(of *tray.Candidate, run *worker.Run) {
	if m := of.Job.Model; m.Dir == "" {
		c.in.Model.Missing(m.Name)
		return
	}
	c.Enqueue(run)
}

// Use applies a whole recipe to the settings, with the seed locked. The next run with the same parameters is compared
// with it, see compose.Verdict.
func (c *Composer) Use(r recipe.Recipe) {
	m, d := c.in.Model, c.in.Sight.Document
	c.in.Panel.Used = &r
	c.in.Fail("The mask cannot be loaded", d.UseMask(r), "", nil)
	set := func() {
		c.in.Panel.Set(func(t *settings.Settings) {
			t.Use(r, m.Facts, m.Find)
			m.UsePartsAtOnce(t, r)
		})
	}
	if r.Steps > 0 && r.Width > 0 && r.Height > 0 { // a model that is opened later does not change them
		m.KeepSettings(set)
	} else {
		set()
	}
	m.UseParts(r)
	d.UseFrame(r)
}

// MakeAgain reproduces a recipe's picture and reports whether it is the same. Text to image works with any canvas;
// image to image needs the picture on it.
func (c *Composer) MakeAgain(r recipe.Recipe) {
	if r.Upscale != nil || r.Enlarges() {
		c.upscaleAgain(r)
		return
	}
	c.reproduce(r, nil)
}

// reproduce queues a recipe's picture as the recipe makes it; next is called with it, and may be nil.
func (c *Composer) reproduce(r recipe.Recipe, next func(*tray.Candidate)) {
	sources := r.Sources()
	if len(sources) == 0 {
		c.makeAgain(r, nil, next)
		return
	}
	read := c.in.Step
	c.in.Beside(func() func() { // reads the other pictures' steps from the disk
		kept := map[string]engine.Tensor{}
		for _, s := range sources {
			if s.Parent == nil {
				continue
			}
			if x, err := read(*s.Parent, s.Step); err == nil {
				kept[x.SHA256()] = x
			}
		}
		return func() { c.makeAgain(r, kept, next) }
	})
}

// makeAgain reproduces a recipe's picture; kept are steps of other runs that its changes use, by their hashes.
func (c *Composer) makeAgain(r recipe.Recipe, kept map[string]engine.Tensor, next func(*tray.Candidate)) {
	before, told := c.in.Panel.Settings, c.in.Notice
	c.Use(r)
	if _, err := c.Scene().As(r); err != nil {
		c.advise("This picture began from another one", "Open the picture that it started from, then reproduce it.")
		return
	}
	if !c.ready() {
		return
	}
	scene, err := c.Scene().As(r)
	var run *worker.Run
	if err == nil {
		run, err = scene.Again(r, kept)
	}
	if err != nil {
		c.in.Tell(&notice.Notice{Headline: c.say("This picture cannot be reproduced here"), Advice: c.say("Something was painted or grafted into it during the run whose pixels its recipe does not contain."), Detail: err.Error()})
		return
	}
	c.again, c.next = run, next
	c.Enqueue(run)
	c.in.Drawn()
	if n := c.in.Notice; n == nil || n == told { // nothing else is reported
		c.in.Panel.TellReplaced(c.say("Reproducing it with its prompt and settings, seed locked"), before)
	}
}

// Came is told of every finished picture of the document: something may be to be done with it next.
func (c *Composer) Came(of *worker.Run, picture *tray.Candidate) {
	if next := c.next; next != nil && of == c.again {
		c.again, c.next = nil, nil
		next(picture)
	}
}
