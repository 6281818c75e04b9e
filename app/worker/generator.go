// Package worker carries out runs: it has the one goroutine on which models are opened and pictures are made, and a
// run's state before, while and after it is carried out. It takes values (an Order) and sends events; it does not
// depend on the studio. Start with Worker; a Run is the owner's side of an order.
package worker

import (
	"context"
	"image"
	"iter"

	"nirvana/app/library"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Generator is an opened model. Generate is called from one goroutine at a time.
type Generator interface {
	Generate(context.Context, engine.Request) iter.Seq2[engine.Step, error]
	Facts() engine.Facts
	Close() error
}

// Load opens a model, on the hardware and with the files that it names.
type Load func(context.Context, library.Model) (Generator, error)

// Optional abilities of a generator. Complete has all of them: the type that opens real models is declared to implement
// it, so that the compiler finds misspelled methods.

// StepDecoder decodes unfinished steps.
type StepDecoder interface {
	// DecodeStep decodes the picture that a step predicts; with a side, px, fast and coarsely. report is called with the
	// share that is done if it is decoded in tiles.
	DecodeStep(ctx context.Context, s engine.Step, side int, report func(share float64)) (*image.RGBA, error)
}

// Warmer runs every network once, so that the first picture does not wait for first-run preparations.
type Warmer interface {
	Warm(context.Context) error
}

// Placer reports the device, as shown, and how it differs from the requested one.
type Placer interface {
	Place() (device string, differs []fault.Notice)
}

// Noticer returns the notices since the last call.
type Noticer interface {
	Noticed() []fault.Notice
}

// Describer describes runtime and device, for recipes.
type Describer interface {
	Described() string
}

// Counter counts a prompt's tokens. It may be called on any goroutine, while others work.
type Counter interface {
	Tokens(prompt string) int
}

// Noiser is the forward process: a picture at timestep t, 0 to Facts.Timesteps-1.
type Noiser interface {
	Noised(ctx context.Context, img *image.RGBA, seed uint64, t int) (engine.Step, error)
}

// Chainer runs the forward process step by step, with fresh noise in each step.
type Chainer interface {
	Chained(ctx context.Context, img *image.RGBA, seed uint64, t int) (engine.Step, error)
}

// Planner returns how many steps a request will have, before it runs.
type Planner interface {
	Plan(engine.Request) (width, height, steps, of int, err error)
}

// Complete is a generator with all abilities.
type Complete interface {
	Generator
	StepDecoder
	Warmer
	Placer
	Noticer
	Describer
	Counter
	Noiser
	Chainer
	Planner
	Expecter
	XRayer
}

// noticed returns a generator's notices.
func noticed(g Generator) []fault.Notice {
	if n, ok := g.(Noticer); ok {
		return n.Noticed()
	}
	return nil
}
