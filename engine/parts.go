package engine

import (
	"context"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// Types of the packages below, named here for the engine's callers.
type (
	Tensor     = tensor.Tensor
	Graph      = graph.Graph
	Port       = graph.Port
	Part       = graph.Part
	TextPart   = text.Part
	AddedToken = text.AddedToken
	Skipper    = graph.Skipper
	Widener    = graph.Widener
	Reuser     = graph.Reuser
	Bias       = graph.Bias
)

// Zeros returns a tensor of the shape, all zero.
func Zeros(shape ...int) Tensor { return tensor.Zeros(shape...) }

// Parts are the components of a model folder, for New. Absent ones have a nil Graph. Their kind is decided by what
// the graphs declare, not by class names.
type Parts struct {
	Name      string // as shown to users: the folder's name or its declared title
	Hash      string // SHA-256 over the folder's files, hex
	Index     []byte // model_index.json
	Scheduler []byte // scheduler/scheduler_config.json
	Text      []TextPart
	Denoiser  Part // unet/ or transformer/
	Encoder   Part // vae_encoder/
	Decoder   Part // vae_decoder/
	Control   []Part
	Draft     *DraftPart    // nil: none
	Verifier  *VerifierPart // nil: none
	// OneCall computes the rows with and without the prompt in one call of twice the batch: faster for small networks
	// and on graphics cards, not for large ones on a processor.
	OneCall bool
	// Pull takes the runs of a search, which may be computed beside each other where the networks run on several servers; nil:
	// in turn.
	Pull func(context.Context, Generator, Request) Puller
	// Join joins the denoiser's calls of the runs of a search: it is called for every search, and returns the network in the
	// place of the given one, and what takes the runs in Pull's place; nil: each has calls of its own.
	Join func(Graph) (Graph, func(context.Context, Generator, Request) Puller)
	// Previews are latent-to-RGB factors of an earlier fit (Model.Previews); nil: they are fitted.
	Previews []float32
}
