// Package generate queues runs: Generate, and all other actions that make a picture from the settings, the document
// and a candidate or a recipe. Impossible ones are reported. Start with Composer.
package generate

import (
	"image"
	"path/filepath"
	"time"

	"nirvana/app/compose"
	"nirvana/app/grid"
	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/panel"
	"nirvana/app/queue"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Composer queues runs. Its methods are the owner's.
type Composer struct {
	in   Studio
	mode *task.Mode // nil: to be determined again
	// next is called with the picture of the run again; nil: nothing is.
	again *worker.Run
	next  func(*tray.Candidate)
}

// Studio is the part of the studio that a composer uses.
type Studio struct {
	Sight *tray.Sight
	Panel *panel.Panel
	Model *opening.Model
	Files *library.Library // upscalers
	Runs  *queue.Runs
	*worker.Door
	*notice.Strip

	Home    string // the data folder, for wildcards; "": there is none
	Version string // of the program, for recipes
	Now     func() time.Time
	Draw    func() uint64                                           // draws a seed
	Busy    func() bool                                             // whether the worker is busy
	Step    func(made recipe.Recipe, at int) (engine.Tensor, error) // x_t of a picture's step, on any goroutine
	First   func()                                                  // called before a run is queued, which has precedence over previews
	Drawn   func()                                                  // the settings have the seed of the queued run
	Changed func()                                                  // the inputs of a waiting run have been prepared
	// Before reads the picture that a recipe's was enlarged from, on any goroutine; nil: it is not there.
	Before func(recipe.Recipe) func() *image.RGBA
}

// New is a composer. Its studio may be completed until its first use.
func New(in Studio) *Composer { return &Composer{in: in} }

// Mode returns the document's present mode.
func (c *Composer) Mode() task.Mode {
	if c.mode == nil {
		m := c.in.Sight.Document.Mode()
		c.mode = &m
	}
	return *c.mode
}

// ForgetMode makes Mode determine it again.
func (c *Composer) ForgetMode() { c.mode = nil }

// Scene is the state that the next run depends on.
func (c *Composer) Scene() compose.Scene {
	p, m := c.in.Panel, c.in.Model
	s := compose.Scene{Settings: p.Settings, Facts: m.Facts, Document: c.in.Sight.Document, Mode: c.Mode(), Device: m.Device, Runtime: m.Runtime, Refiner: m.Refiner(), Used: p.Used,
		Software: recipe.Software(c.in.Version), Made: c.in.Now().UTC().Format(time.RFC3339)}
	s.Model, _ = m.Chosen()
	s.Unopened = s.Model.Dir != "" && !m.Describes(s.Model.Dir)
	s.Models = m.Find
	if c.in.Home != "" {
		s.Wildcards = filepath.Join(c.in.Home, "wildcards")
	}
	return s
}

// Plan describes in one line what Generate will do: "Inpaint the mask, best of 8, 18 of 25 steps".
func (c *Composer) Plan() string { return c.Scene().Plan(c.say) }

// Generate queues a run with the current settings and document. It never waits.
func (c *Composer) Generate() {
	if c.ready() {
		c.Enqueue(c.Scene().Run())
		c.in.Drawn()
	}
}

// ready reports whether a run of the chosen model can be queued now. It draws the run's seed.
func (c *Composer) ready() bool {
	c.in.Sight.Document.EndFrame()
	m := c.in.Model
	info, ok := m.Chosen()
	if !ok {
		m.None()
		return false
	}
	if m.Refuse(info) {
		return false
	}
	if err := c.Scene().Readable(); err != nil {
		c.in.Fail("The picture could not be made", err, "", nil)
		return false
	}
	first := !m.Sized && !c.in.Runs.Run().Active() && m.Facts.Name == "" && c.in.Sight.Document.Picture == nil
	if first || m.Awaited() {
		if !c.in.Busy() && (info.Width > 0 || !first) { // it could not be opened
			m.Open(info.Dir)
		}
		if c.in.Busy() {
			c.in.Runs.Ask()
			return false
		}
	}
	c.in.Panel.NextSeed()
	return true
}

// Enqueue appends a run to the queue.
func (c *Composer) Enqueue(r *worker.Run) {
	c.in.First()
	c.in.Panel.Part()
	c.in.Runs.Submit(r)
}

// Widen moves the frame and queues the run that fills it: outpainting in one click. A shown candidate is kept first,
// because it is the picture to be outpainted.
func (c *Composer) Widen(frame func()) {
	if c.in.Sight.Tray.Current() != nil {
		c.in.Sight.Tray.Keep()
	}
	if c.in.Sight.Document.Picture == nil {
		c.advise("There is nothing to extend yet", "Generate or open a picture first.")
		return
	}
	frame()
	c.Generate()
}

// Grid queues a run for each cell of a grid that has no picture yet. It locks the seed, so that the cells differ in
// the axes only. It returns false if no model is open yet, or none can run.
func (c *Composer) Grid(g grid.Grid, id string, made func([3]int) bool) bool {
	if c.in.Model.Facts.Name == "" || c.in.Model.Awaited() {
		return false
	}
	if !c.in.Panel.Settings.Locked {
		c.in.Panel.Set(func(t *settings.Settings) { t.Locked = true })
	}
	if !c.ready() {
		return false
	}
	for _, at := range g.Places() {
		if made(at) {
			continue
		}
		r, err := c.Scene().GridRun(g, id, at)
		if err != nil {
			c.in.Fail("The picture could not be made", err, "", nil)
			return false
		}
		c.Enqueue(r)
	}
	c.in.Drawn()
	return true
}

// advise shows a notice of two English texts.
func (c *Composer) advise(headline, advice string) {
	c.in.Tell(&notice.Notice{Headline: c.say(headline), Advice: c.say(advice)})
}

// say translates a text for the artist.
func (c *Composer) say(text string) string { return c.in.Say(text) }
