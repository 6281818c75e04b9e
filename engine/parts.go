package engine

import (
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
	"nirvana/engine/text"
)

// What networks are made of, under the engine's name for its callers.
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
)

// Zeros is a tensor of the shape, all zero.
func Zeros(shape ...int) Tensor { return tensor.Zeros(shape...) }

// Parts is a model folder taken apart: what New wires together. Absent parts
// have a nil Graph. Decisions rest on what the graphs declare, not on class names.
type Parts struct {
	Name      string // as shown: the folder's name or its declared title
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
	// OneCall lets guidance ask with and without the prompt in one call of twice the batch: quicker for
	// small networks and on graphics cards, not for large ones on a processor.
	OneCall bool
	// Previews are the latent-to-RGB factors kept from an earlier fit, or nil: then New fits them.
	Previews []float32
}
