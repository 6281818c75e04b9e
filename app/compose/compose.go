// Package compose makes runs from the settings, the document and the open model: a run's mode, region, size, strength
// and steps, the pictures that it reads, and its recipe. It has no state: a Scene is the state at one moment. Slow
// work is left to the worker (job.Later). Start with Scene.Run.
package compose

import (
	"image"
	"math"
	"sync"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/app/wildcard"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Scene is the state that a run is composed from. It belongs to the owner; its results are values and may be used
// elsewhere.
type Scene struct {
	Settings settings.Settings
	Facts    engine.Facts // of the open model; zero before it is open
	Document *document.Document
	Mode     task.Mode                               // the document's
	Model    library.Model                           // the chosen model
	Unopened bool                                    // of the chosen model only what the list says is known: Facts are another's, or zero
	Device   string                                  // of the open model, as shown
	Runtime  string                                  // what computes, for recipes
	Models   func(name string) (library.Model, bool) // finds a listed model
	Refiner  library.Model                           // the refiner that takes over; without a Dir: none
	Used     *recipe.Recipe                          // the recipe that the settings were taken from; nil: none
	// Wildcards is the folder of wildcard files; "": none.
	Wildcards string
	Software  string // for recipes
	Made      string // the time, for recipes
}

// Draft is how the model's distilled denoiser is run, before it is open as the list has it; zero: it has none.
func (s Scene) Draft() engine.Draft {
	if s.Unopened && s.Model.Draft > 0 {
		return engine.Draft{Steps: s.Model.Draft, Guidance: 1} // the engine applies the model's own
	}
	if s.Unopened {
		return engine.Draft{}
	}
	return s.Facts.Draft
}

// Opacity reports whether the model can cut out, before it is open as the list has it.
func (s Scene) Opacity() bool {
	if s.Unopened {
		return s.Model.Opacity
	}
	return s.Facts.Opacity
}

// Drafts reports whether the run uses the denoiser distilled to few steps.
func (s Scene) Drafts() bool { return s.Settings.Draft && s.Draft().Steps > 0 }

// Steps is the number of steps, the draft's or the setting; run is how many of them strength leaves: truncated, at
// least one.
func (s Scene) Steps() (all, run int) {
	if all = s.Settings.Steps; s.Drafts() {
		all = s.Draft().Steps
	}
	return all, max(int(float64(all)*float64(s.strength(all))+1e-6), 1)
}

// strength depends on the mode: text to image has none, and outpainting starts almost from noise, because under its
// mask is only a smooth extension.
func (s Scene) strength(steps int) float32 {
	switch s.Mode {
	case task.TextToImage:
		return 1
	case task.Outpaint:
		return max(s.Settings.Strength, task.OutpaintStrength)
	}
	return max(s.Settings.Strength, min(1/float32(steps)+1e-6, 1)) // so that at least one step is run
}

// Verifier reports whether the model can choose among seeds, before it is open as the list has it.
func (s Scene) Verifier() bool {
	if s.Unopened {
		return s.Model.Verifier
	}
	return s.Facts.Verifier
}

// bestOf is the number of seeds that each picture is chosen from; 0: no search, which a refiner excludes.
func (s Scene) bestOf() int {
	if !s.Verifier() || s.Refiner.Dir != "" {
		return 0
	}
	return s.Settings.BestOf
}

// Region is where the run reads and writes: the frame, or with OnlyMasked the mask's surroundings.
func (s Scene) Region() image.Rectangle {
	d := s.Document
	if !s.closeUp() {
		return d.Frame
	}
	mask := pixel.CropMask(d.Mask, d.Frame)
	return pixel.MaskCrop(mask, d.Frame.Dx(), d.Frame.Dy(), s.Settings.Padding).Add(d.Frame.Min)
}

func (s Scene) closeUp() bool { return s.Mode == task.Inpaint && s.Settings.OnlyMasked }

// Size is the size of the picture that the run makes for a region, px. With OnlyMasked it has the region's shape and
// about as many pixels as the model was trained with or, if that is unknown, as the frame.
func (s Scene) Size(region image.Rectangle) (w, h int) {
	if !s.closeUp() {
		return s.Settings.Width, s.Settings.Height
	}
	if one := s.Facts.OnlySize(); one != (image.Point{}) {
		return one.X, one.Y
	}
	area := float64(s.Facts.Width * s.Facts.Height)
	if area == 0 {
		area = float64(s.Settings.Width * s.Settings.Height)
	}
	k := math.Sqrt(area / float64(region.Dx()*region.Dy()))
	m := task.Multiple(s.Facts)
	return task.Snap(int(float64(region.Dx())*k+0.5), m), task.Snap(int(float64(region.Dy())*k+0.5), m)
}

// Run is a run of the present state; changes of the state while the run waits do not affect it.
func (s Scene) Run() *worker.Run { return s.run(func(*engine.Request) {}) }

// run is Run with a modification of the settings' request.
func (s Scene) run(change func(*engine.Request)) *worker.Run {
	if s.Unopened {
		s.Facts = s.anything()
	}
	t, region := s.Settings, s.Region()
	r := &worker.Run{Mode: s.Mode, Frame: region, Prompt: t.Prompt, Seed: t.Seed, Count: t.Count}
	j := &r.Job
	*j = job.Job{Mode: s.Mode, Frame: region, Model: s.Model, Feather: t.Feather, Match: t.Match, Used: s.Used, Unopened: s.Unopened}
	j.Request = t.Request()
	q := &j.Request
	q.Width, q.Height = s.Size(region)
	if s.Mode != task.TextToImage {
		all, _ := s.Steps()
		q.Strength = s.strength(all)
	}
	if s.Facts.Text {
		var files []string
		q.Regions, files = t.Worded()
		for k, file := range files {
			j.Then(job.Input{Kind: job.Region, File: file, Size: s.Document.Size(), Region: k})
		}
	}
	change(q)
	if s.Document.Picture != nil {
		q.Tiling = task.Tiling(q.Tiling, region, s.Document.Picture.Rect)
	}
	s.Expand(q) // an error was reported before
	s.noise(q)
	if q.Draft = s.Drafts(); q.Draft {
		*q = s.Draft().Of(*q)
	}
	q.CutOut = q.CutOut && task.CutsOut(*q, s.Facts, s.Mode, s.wasCutOut())
	if q.Variation == 0 {
		j.BestOf = s.bestOf()
	}
	q.ClassLabels = s.class()
	if s.Mode != task.TextToImage {
		read, painted := sync.OnceValue(s.Document.Reader(t.ReadLayer)), pixel.CropMask(s.Document.Mask, region)
		j.Then(job.Input{Kind: job.Ground, Picture: read, Grey: painted, Overlap: t.Overlap})
	}
	if s.Mode == task.Inpaint || s.Mode == task.Outpaint {
		q.Changes = s.keeps()
	}
	s.kind(j)
	s.steer(j)
	if j.Recipe = s.recipe(j); s.Mode != task.TextToImage {
		j.Recipe.Origin = recipe.From(s.Document.Recipe, s.Mode.String())
	}
	return r
}

// anything are the facts of a model that takes all that the settings name: the worker takes out what the chosen one does not
// (job.Suit), which is known once it is open.
func (s Scene) anything() engine.Facts {
	f := engine.Facts{Width: s.Model.Width, Height: s.Model.Height, Steps: s.Model.Steps, Guidance: s.Model.Guidance, Text: true, PictureGuided: true,
		TrueGuided: true, Refiner: true, Sizes: true, Depth: true, Opacity: s.Model.Opacity, References: len(s.Settings.References) + 1}
	for _, c := range s.Settings.Controls() {
		f.ControlNames = append(f.ControlNames, c.Net)
	}
	f.ControlNets = len(f.ControlNames)
	return f
}

// wasCutOut reports whether the canvas' picture was cut out.
func (s Scene) wasCutOut() bool { return s.Document.Recipe != nil && s.Document.Recipe.CutOut }

// kind adds to a job what only some kinds of models take.
func (s Scene) kind(j *job.Job) {
	if s.Refiner.Dir != "" {
		j.Refiner, j.RefineAt = s.Refiner, s.Settings.RefinerAt
	}
	task.ApplyModelOptions(&j.Request, s.Facts, s.Refiner.Dir != "")
	for _, file := range s.Settings.References[:min(len(s.Settings.References), s.references())] {
		j.Then(job.Input{Kind: job.Reference, File: file, Size: s.Document.Size()})
	}
	if s.Facts.Depth && s.Settings.DepthFile != "" {
		j.Then(job.Input{Kind: job.Depth, File: s.Settings.DepthFile, Size: s.Document.Size()})
	}
}

// references is how many reference pictures the model takes beside the picture that the run reads.
func (s Scene) references() int {
	if s.Mode != task.TextToImage {
		return max(s.Facts.References-1, 0)
	}
	return s.Facts.References
}

func (s Scene) class() []int {
	if s.Unopened {
		return []int{s.Settings.Class}
	}
	if n := len(s.Facts.Classes); n > 0 {
		return []int{min(s.Settings.Class, n-1)}
	}
	return nil
}

// Panel is the panel's settings as a request for the model; refined: a refiner takes over.
func (s Scene) Panel(refined bool) engine.Request {
	q := s.Settings.Request()
	task.ApplyModelOptions(&q, s.Facts, refined)
	q.Control, q.Changes = s.weights(), s.keeps()
	return q
}

// keeps is the change with which a masked run keeps the rest less firmly than usual; a network that sees the mask keeps
// it by itself.
func (s Scene) keeps() []engine.Change {
	if keep := s.Settings.Keep; keep < 1 && !s.Facts.Inpaint {
		return []engine.Change{{Keep: &keep}}
	}
	return nil
}

// Expand replaces wildcards in a request's prompts by the lines of files; its seed chooses, and recipes have the
// chosen text.
func (s Scene) Expand(q *engine.Request) error {
	if s.Wildcards == "" {
		return nil
	}
	return wildcard.Into(q, s.Wildcards)
}

// Readable describes the error of a prompt that names a missing wildcard file.
func (s Scene) Readable() error {
	q := s.Settings.Request()
	return s.Expand(&q)
}

// Brush returns the brush of the settings.
func (s Scene) Brush(erase bool) document.Brush {
	t := s.Settings
	return document.Brush{Size: t.BrushSize, Softness: t.BrushSoftness, Opacity: t.BrushOpacity, Erase: erase, Scribble: t.Scribbling(s.Facts)}
}
