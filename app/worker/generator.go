// Package worker carries out runs: it has the one goroutine on which models are opened and pictures are made, and what is
// known of a run before, while and after it is carried out. It takes values (an Order) and sends events; it knows no
// studio, and nothing of the state of one. Start with Worker; a Run is the owner's side of an order.
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

// Load opens the model in a folder.
type Load func(ctx context.Context, dir string, on library.Hardware) (Generator, error)

// What a generator may be able to do beside. Complete has them all: whatever opens real models says with it, where the
// compiler sees it, that no method of them is misspelt.

// StepDecoder makes pictures of unfinished steps.
type StepDecoder interface {
	// DecodeStep makes the picture that a step predicts; with a side, px, quickly and coarsely. report is told the share
	// that is done, where it is done in parts.
	DecodeStep(ctx context.Context, s engine.Step, side int, report func(share float64)) (*image.RGBA, error)
}

// Warmer runs every network once, so that the first picture does not wait for what a first run has to prepare.
type Warmer interface {
	Warm(context.Context) error
}

// Placer says where it computes, as people call it, and what is otherwise than was asked.
type Placer interface {
	Place() (device string, otherwise []fault.Notice)
}

// Noticer says what it has come upon since it was last asked.
type Noticer interface {
	Noticed() []fault.Notice
}

// Describer says what computes, for recipes.
type Describer interface {
	Described() string
}

// Counter counts a prompt's tokens. It may be asked on any goroutine, while others are at work.
type Counter interface {
	Tokens(prompt string) int
}

// Noiser is the forward process: a picture at timestep t, 0 to Facts.Timesteps-1.
type Noiser interface {
	Noised(ctx context.Context, img *image.RGBA, seed uint64, t int) (engine.Step, error)
}

// Planner says how many steps a request will have, and of how many, before it is run.
type Planner interface {
	Plan(engine.Request) (width, height, steps, of int, err error)
}

// Complete is a generator that can do everything.
type Complete interface {
	Generator
	StepDecoder
	Warmer
	Placer
	Noticer
	Describer
	Counter
	Noiser
	Planner
}

// noticed is what a generator has come upon, where it tells.
func noticed(g Generator) []fault.Notice {
	if n, ok := g.(Noticer); ok {
		return n.Noticed()
	}
	return nil
}
