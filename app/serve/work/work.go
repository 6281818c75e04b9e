// Package work is the engine behind a queue, for several clients at once: the part that the server's protocols share.
// A client adds an Order to the Queue and gets a Run, which can be watched, waited for and stopped; one worker
// executes the orders in turn, with one model open. Start with Queue.Add and Queue.Work.
package work

import (
	"context"
	"image"
	"path/filepath"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/style"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/models"
)

// Model is an open model.
type Model struct {
	*engine.Model
	// Generate is the engine's, with the LoRAs of the prompts merged.
	Generate engine.Generator
	// Device and Runtime are written into recipes: "CPU", "1.27.0".
	Device, Runtime string
	Notices         []fault.Notice
	Close           func() error
	// Expect announces the requests that will follow the next Generate; may be nil.
	Expect func([]engine.Request)
}

// Engine is what the queue uses.
type Engine struct {
	Catalogue models.Catalogue
	// Default is the model of orders that name none; "": the one that ships.
	Default  string
	Open     func(context.Context, models.Folder) (*Model, error)
	Upscaler func(file string) (u engine.Upscaler, closeIt func() error, err error)
	Version  string // of the program, for recipes
	// The following are for an engine that the queue shares with others; each may be nil.
	// Usual returns the model of orders that name none, instead of Default.
	Usual func() string
	// Turn waits until an order may use the engine; its model is opened again for each turn.
	Turn func(context.Context) (end func(), err error)
	// Told is called, from any goroutine, when a run was added or has changed; it must not wait.
	Told func()
	// Accepted is called with every order that the queue takes and its run's ID; it must not wait.
	Accepted func(id string, o Order)
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

// Shelf has the other files on this machine. Its functions may be nil if there are none.
type Shelf struct {
	LoRAs      func(models.Folder) []models.Adapter
	Embeddings func(models.Folder) []models.Adapter
	VAEs       func(models.Folder) []File // that fit the model
	Upscalers  func() []File
	Styles     func() []style.Style // the artist's; nil: none
}

// File is a part of models, in a file of its own.
type File struct {
	Name  string // without the extension
	Path  string
	Scale int // how many times an upscaler enlarges; 0: not known
}

// Named is the path of a file by its name, with or without the extension, in any case; "" for none.
func Named(all []File, name string) string {
	for _, f := range all {
		if strings.EqualFold(f.Name, name) || strings.EqualFold(filepath.Base(f.Path), name) {
			return f.Path
		}
	}
	return ""
}

// Kind is the kind of an order.
type Kind int

const (
	Paint   Kind = iota // pictures from a recipe
	Enlarge             // Init enlarged
	Unload              // frees the model's memory
)

// Order is a client's request. Its pictures must not be modified after Add.
type Order struct {
	Kind Kind
	// Origin is the protocol of the request: one does not interrupt another's.
	Origin string
	// Model is a name or folder in the catalogue; "": the engine's default.
	Model string
	// VAE is a file in place of the model's own VAE; "": its own.
	VAE string
	// Recipe has the parameters; zero fields are the model's defaults. The i-th picture has the seed Recipe.Seed+i
	// or, with a variation, Recipe.VariationSeed+i.
	Recipe recipe.Recipe
	Count  int // pictures; 0: 1

	// Init is the initial picture, nil for text to image; Mask has its size, white is repainted.
	Init *image.RGBA
	Mask *image.Gray
	// OnlyMasked processes the mask's surroundings with Padding px around it, enlarged to the recipe's size; the
	// result has Init's size. Otherwise Init is scaled to the recipe's size, or keeps its own if that is 0.
	OnlyMasked bool
	Padding    int
	Feather    int // px over which the result blends into Init, inside the mask
	Match      bool
	Control    []Control
	References []*image.RGBA // pictures that the model sees beside Init
	Second     *Second

	Upscaler string  // file, of Enlarge; "": resampled (Lanczos)
	Factor   float64 // of Enlarge
	Size     image.Point

	// Watch, if set, is called on the worker with every step; it must not wait.
	Watch func(engine.Step) `json:"-"`
}

// MaxReferences is how many reference pictures a request may bring.
const MaxReferences = 16

// Control is a ControlNet of the model, given by its name or its number from 1, with its picture.
type Control struct {
	Net     string
	Picture *image.RGBA
	Weight  float32
	From    float32 // shares of the steps
	Until   float32
}

// Second is a second pass over the enlarged picture, AUTOMATIC1111's hires. fix.
type Second struct {
	Width, Height    int
	Strength         float32
	Steps            int    // 0: those of the first pass
	Upscaler         string // file; "": resampled
	Sampler          string // "": that of the first pass
	Schedule         string
	Prompt, Negative string // "": those of the first pass
}

// Picture is a finished or interrupted picture.
type Picture struct {
	Image *image.RGBA
	// Recipe reproduces it; an interrupted picture's is marked Unfinished.
	Recipe     recipe.Recipe
	Unfinished bool
}

// PNG encodes the picture with its recipe; an interrupted one is encoded without.
func (p Picture) PNG() ([]byte, error) {
	if p.Unfinished {
		return recipe.EncodePNG(p.Image, nil)
	}
	r := p.Recipe
	return recipe.EncodePNG(p.Image, &r)
}

// mode is an order's mode.
func (o Order) mode() task.Mode {
	switch {
	case o.Init == nil:
		return task.TextToImage
	case o.Mask == nil:
		return task.ImageToImage
	}
	return task.Inpaint
}
