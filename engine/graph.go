package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Tensor is a dense row-major array of float32. Graphs of other element types
// convert at their door, so that the engine computes in float32 throughout.
type Tensor struct {
	// Shape is [batch, channel, height, width] for pictures and latents,
	// [batch, token, width] for text states; empty for a scalar.
	Shape []int
	Data  []float32
}

// SHA256 is the hash of the values as little-endian float32, in hex: what traces and recipes hold of a step.
func (t Tensor) SHA256() string {
	h := sha256.New()
	var buf [4096]byte
	for rest := t.Data; len(rest) > 0; {
		n := min(len(rest), len(buf)/4)
		for i, v := range rest[:n] {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		h.Write(buf[:4*n])
		rest = rest[n:]
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Elements is the number of values that the shape holds.
func (t Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Row is the i-th entry of the first axis, sharing memory.
func (t Tensor) Row(i int) Tensor {
	n := t.Elements() / t.Shape[0]
	return Tensor{append([]int{1}, t.Shape[1:]...), t.Data[i*n : (i+1)*n]}
}

// Clone is a deep copy.
func (t Tensor) Clone() Tensor {
	return Tensor{append([]int(nil), t.Shape...), append([]float32(nil), t.Data...)}
}

// Zeros is a tensor of the shape, all zero.
func Zeros(shape ...int) Tensor {
	t := Tensor{Shape: shape}
	t.Data = make([]float32, t.Elements())
	return t
}

// Port is one input or output of a graph as the graph itself declares it.
type Port struct {
	Name string
	// Type is the ONNX element type: "float32", "float16", "float64", "int64", "int32", "bool".
	Type string
	// Shape has -1 where the axis is dynamic; empty for a scalar, nil where the graph does not say.
	Shape []int
}

// Skipper is a text encoder that can end some layers early, with its final norm behind them.
type Skipper interface {
	Skip(layers int) (Graph, error)
}

// Graph is one loaded network. Integer inputs are given as float32 values and
// must be whole numbers below 2^24 there (token ids, class labels, timesteps);
// the graph converts them to its own element type, exactly.
type Graph interface {
	// Ports lists the graph's inputs and outputs in the graph's order.
	Ports() (inputs, outputs []Port)
	// Run feeds the named inputs and returns the outputs in the graph's order.
	// Inputs that the graph does not have are an error, as are missing ones.
	// When ctx ends, Run stops within the network and returns ctx.Err().
	Run(ctx context.Context, inputs map[string]Tensor) ([]Tensor, error)
}
