// Package work is the engine behind a queue, for several callers at once: what the server's protocols share. A caller
// puts an Order into the Queue and gets a Run, which can be watched, waited for and stopped; one worker carries out the
// orders, in turn, with one model open. Start with Queue.Add and Queue.Work.
package work

import (
	"context"
	"image"

	"nirvana/app/recipe"
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/models"
)

// Model is an opened model that paints.
type Model struct {
	*engine.Model
	// Generate is the engine's, with what prompts ask for (LoRAs) merged in.
	Generate engine.Generator
	// Device and Runtime are written into recipes: "CPU", "1.27.0".
	Device, Runtime string
	Notices         []fault.Notice
	Close           func() error
	// Expect names the requests that Generate is asked for after the next one; nil: nobody wants to know.
	Expect func([]engine.Request)
}

// Engine is what the queue works with.
type Engine struct {
	Catalogue models.Catalogue
	// Default is the model of orders that name none; "": the one that ships.
	Default  string
	Open     func(context.Context, models.Folder) (*Model, error)
	Upscaler func(file string) (u engine.Upscaler, closeIt func() error, err error)
	Version  string // of the program, for recipes
	// What follows is for an engine that is not the queue's alone; each may be nil.
	// Usual gives the model of orders that name none, in Default's place.
	Usual func() string
	// Turn waits until an order may be carried out; its model is opened again for each turn.
	Turn func(context.Context) (end func(), err error)
	// Told is called, from any goroutine, when a run was added or has changed; it must not wait.
	Told func()
	// Made is called on the worker with every finished picture of Paint orders.
	Made func(Picture)
	Shelf
}

// UsualModel is the model of orders that name none; "": the one that ships.
func (e Engine) UsualModel() string {
	if e.Usual != nil {
		return e.Usual()
	}
	return e.Default
}

// Shelf is what lies on this machine beside the models. Its functions may be nil: there is nothing.
type Shelf struct {
	LoRAs      func(models.Folder) []models.Adapter
	Embeddings func(models.Folder) []models.Adapter
	Upscalers  func() []models.Adapter
	Styles     func() []style.Style // the artist's; nil: none
}

// Kind is what an order is about.
type Kind int

const (
	Paint   Kind = iota // pictures from a recipe
	Enlarge             // Init enlarged
	Unload              // the model's memory is given back
)

// Order is what a caller asks for. Pictures are not written to after they were given.
type Order struct {
	Kind Kind
	// Origin is the protocol that it came by: one does not interrupt another's.
	Origin string
	// Model is a name or folder as the catalogue finds it; "": the engine's default.
	Model string
	// Recipe says what is painted; its zero fields are the model's own. The i-th picture has the seed Recipe.Seed+i
	// or, where there is a variation, Recipe.VariationSeed+i.
	Recipe recipe.Recipe
	Count  int // pictures; 0: 1

	// Init is what the run begins from, nil for text to image; Mask has its size, white is repainted.
	Init *image.RGBA
	Mask *image.Gray
	// OnlyMasked works on the mask's surroundings with Padding px around it, enlarged to the recipe's size; the result has
	// Init's size. Otherwise Init is taken at the recipe's size, which is its own where that is 0.
	OnlyMasked bool
	Padding    int
	Feather    int // px over which the result fades into Init, inside the mask
	Match      bool
	Control    []Control
	Second     *Second

	Upscaler string  // file, of Enlarge; "": resampled (Lanczos)
	Factor   float64 // of Enlarge
	Size     image.Point

	// Watch, where set, is called on the worker with every step; it must not wait.
	Watch func(engine.Step) `json:"-"`
}

// Control is the picture that a ControlNet of the model follows, found by its name or its number from 1.
type Control struct {
	Net     string
	Picture *image.RGBA
	Weight  float32
	From    float32 // shares of the steps
	Until   float32
}

// Second is a second pass over a picture that was enlarged in between, which AUTOMATIC1111 calls hires. fix.
type Second struct {
	Width, Height    int
	Strength         float32
	Steps            int    // 0: as the first
	Upscaler         string // file; "": resampled
	Sampler          string // "": as the first
	Schedule         string
	Prompt, Negative string // "": as the first
}

// Picture is one that was made.
type Picture struct {
	Image *image.RGBA
	// Recipe makes it again; an interrupted run's has a recipe too, but says so in Unfinished.
	Recipe     recipe.Recipe
	Unfinished bool
}

// PNG is the picture's file with its recipe in it; one that was interrupted carries none.
func (p Picture) PNG() ([]byte, error) {
	if p.Unfinished {
		return recipe.EncodePNG(p.Image, nil)
	}
	r := p.Recipe
	return recipe.EncodePNG(p.Image, &r)
}

// mode is what kind of run an order is.
func (o Order) mode() task.Mode {
	switch {
	case o.Init == nil:
		return task.TextToImage
	case o.Mask == nil:
		return task.ImageToImage
	}
	return task.Inpaint
}
