// Package tensor holds dense arrays of numbers and the few operations on them that the engine needs.
package tensor

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Tensor is a dense row-major array of float32. Graphs convert to and from other element types, so that the engine
// computes in float32 throughout.
type Tensor struct {
	// Shape is [batch, channel, height, width] for pictures and latents,
	// [batch, token, width] for text states; empty for a scalar.
	Shape []int
	Data  []float32
}

// SHA256 is the hash of the values as little-endian float32, in hex, for traces and recipes.
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

// Elements is the number of values of the shape.
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
