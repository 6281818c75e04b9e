// Package graph is the engine's view of a loaded network: named inputs and outputs, and a way to run it. Running in
// batches of a fixed size, and refusing values that are not finite, are here too.
package graph

import (
	"context"

	"nirvana/engine/tensor"
)

// Part is one component of a model folder.
type Part struct {
	Graph Graph
	// Config is the component's config.json, nil when the folder has none.
	Config []byte
	// Name is the folder's name ("unet"), for messages.
	Name string
}

// Port is one input or output as the graph declares it.
type Port struct {
	Name string
	// Type is the ONNX element type: "float32", "float16", "float64", "int64", "int32", "bool".
	Type string
	// Shape has -1 for dynamic axes; empty for a scalar, nil where the graph declares none.
	Shape []int
}

// Skipper is a text encoder that can end some layers early, with its final norm applied there (clip skip).
type Skipper interface {
	Skip(layers int) (Graph, error)
}

// Graph is one loaded network. Integer inputs are float32 values that are whole numbers below 2^24 (token ids, class
// labels, timesteps); the graph converts them to its own element type, exactly.
type Graph interface {
	// Ports lists the graph's inputs and outputs in the graph's order.
	Ports() (inputs, outputs []Port)
	// Run computes the outputs, in the graph's order, for named inputs. Missing inputs are an error, and so are
	// unknown ones. When ctx ends, Run stops within the network and returns ctx.Err().
	Run(ctx context.Context, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error)
}

// Reuser is a Graph that can keep its inner layers' outputs under a row's name (DeepCache).
type Reuser interface {
	// RunReusing is Graph.Run; with fresh the whole network runs, without it the outer layers on the outputs that
	// were kept.
	RunReusing(ctx context.Context, inputs map[string]tensor.Tensor, row string, fresh bool) ([]tensor.Tensor, error)
}

// Attender is a denoiser whose cross-attention can be looked at.
type Attender interface {
	// CrossAttention are the sides of a position of each of RunAttending's maps, in x_t's pixels; none where the network
	// has no cross-attention that is known.
	CrossAttention() ([]int, error)
	// RunAttending is Graph.Run with the maps behind the outputs: the attention weights of each block, the mean over its
	// heads, [batch, position, token]; those of a position sum to 1.
	RunAttending(ctx context.Context, inputs map[string]tensor.Tensor) ([]tensor.Tensor, error)
	// EndAttending frees what RunAttending holds.
	EndAttending() error
}

// Biased is a denoiser whose cross-attention takes biases: further inputs of Run, given all or none, that Ports does not
// list.
type Biased interface {
	// Biases are none where the network has no cross-attention that is known, or some of it takes none. others is the name of
	// one more input, for text states that act outside of cross-attention; "": none do.
	Biases() (all []Bias, others string)
}

// Bias is an input [1 or batch, 1, position, token], which is added to the scores of cross-attention before softmax: in the
// blocks whose positions are Stride pixels of x_t wide. x_t of height h has ceil(h/Stride) rows of positions, from the top,
// each from the left.
type Bias struct {
	Name   string
	Stride int
}

// Find is the port with any of the names, nil where there is none.
func Find(ports []Port, names ...string) *Port {
	for _, n := range names {
		for i := range ports {
			if ports[i].Name == n {
				return &ports[i]
			}
		}
	}
	return nil
}

// LastAxis is the size of a port's last axis; 0 where it is dynamic or not declared.
func LastAxis(p *Port) int {
	if p == nil || len(p.Shape) == 0 {
		return 0
	}
	return max(0, p.Shape[len(p.Shape)-1])
}
