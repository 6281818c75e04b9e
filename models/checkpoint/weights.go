// Package checkpoint reads files of weights in other programs' formats: single checkpoints in the names of the
// original code (CompVis, Stability, Black Forest Labs), OpenCLIP's, and diffusers' own. The contents are recognised
// by the names and shapes of the tensors. Start with Open, which reads a file's header and no weights; Parts are the
// networks in it, every tensor under diffusers' name with its position in the file, and each with the config.json
// that diffusers would write for it.
package checkpoint

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Type is a number format by safetensors' name: "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2".
type Type string

// Piece is a run of bytes in a file.
type Piece struct {
	File   string
	Offset int64
	Length int64
	// As is the file when its header was read; nil: unknown.
	As fs.FileInfo
}

// Tensor is a weight, and where it is stored. Several pieces are concatenated along the first axis.
type Tensor struct {
	Type   Type
	Shape  []int64
	Pieces []Piece
	// Name is the tensor's in the file, and Whole its shape there where this is a part of its rows; nil: Shape.
	Name  string
	Whole []int64
	// Turned is set where a matrix is transposed relative to torch's Linear: [in, out].
	Turned bool
	// Scale is the factor of 8-bit numbers, where the file has one.
	Scale *Tensor
}

// Weights are the tensors of one network by diffusers' names.
type Weights map[string]Tensor

// Has reports whether a tensor exists.
func (w Weights) Has(name string) bool { _, ok := w[name]; return ok }

// HasUnder reports whether a tensor's name has the prefix.
func (w Weights) HasUnder(prefix string) bool {
	for name := range w {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Count is how many modules prefix.0, prefix.1, ... there are.
func (w Weights) Count(prefix string) int {
	seen := map[string]bool{}
	for name := range w {
		if rest, ok := strings.CutPrefix(name, prefix+"."); ok {
			number, _, _ := strings.Cut(rest, ".")
			seen[number] = true
		}
	}
	n := 0
	for seen[itoa(n)] {
		n++
	}
	return n
}

// Dim is the size of a tensor's axis; 0 where there is none.
func (w Weights) Dim(name string, axis int) int64 {
	t, ok := w[name]
	if !ok || axis >= len(t.Shape) {
		return 0
	}
	if t.Turned {
		axis = len(t.Shape) - 1 - axis
	}
	return t.Shape[axis]
}

// usual is the number that most of several are, the first of them where all differ: what a network's sizes are read off is told
// by several tensors, of which one may be wrong.
func usual(sizes ...int64) int64 {
	best, most := int64(0), 0
	for _, size := range sizes {
		if size == 0 { // of none
			continue
		}
		n := 0
		for _, other := range sizes {
			if other == size {
				n++
			}
		}
		if n > most {
			best, most = size, n
		}
	}
	return best
}

// Tokens is how many tokens a Qwen's weights know; 0 for other networks.
func (w Weights) Tokens() int64 {
	return max(w.Dim("model.embed_tokens.weight", 0), w.Dim("embed_tokens.weight", 0))
}

// Files are the weights' files, sorted.
func (w Weights) Files() []string {
	var out []string
	for _, t := range w {
		for _, p := range t.Pieces {
			out = append(out, p.File)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Sources are the weights' files, as they were when their headers were read; nil where that is unknown.
func (w Weights) Sources() map[string]fs.FileInfo {
	out := map[string]fs.FileInfo{}
	for _, t := range w {
		for _, p := range t.Pieces {
			out[p.File] = p.As
		}
		if t.Scale != nil {
			for _, p := range t.Scale.Pieces {
				out[p.File] = p.As
			}
		}
	}
	return out
}

// Bytes is the weights' size in the files.
func (w Weights) Bytes() int64 {
	n := int64(0)
	for _, t := range w {
		for _, p := range t.Pieces {
			n += p.Length
		}
	}
	return n
}

// Elements is the number of values.
func (w Weights) Elements() int64 {
	n := int64(0)
	for _, t := range w {
		one := int64(1)
		for _, d := range t.Shape {
			one *= d
		}
		n += one
	}
	return n
}

// Type is the type of most of the bytes.
func (w Weights) Type() Type {
	sums := map[Type]int64{}
	best := Type("")
	for _, t := range w {
		for _, p := range t.Pieces {
			sums[t.Type] += p.Length
		}
		if sums[t.Type] > sums[best] {
			best = t.Type
		}
	}
	return best
}

// rows is a tensor's rows from the one to the other; they are contiguous in the file.
func (t Tensor) rows(from, to int64) Tensor {
	if len(t.Shape) == 0 || len(t.Pieces) != 1 || t.Shape[0] == 0 {
		return t
	}
	row := t.Pieces[0].Length / t.Shape[0]
	p := t.Pieces[0]
	p.Offset, p.Length = p.Offset+from*row, (to-from)*row
	out := t
	out.Shape = slices.Clone(t.Shape)
	out.Shape[0] = to - from
	out.Pieces = []Piece{p}
	if out.Whole == nil {
		out.Whole = t.Shape
	}
	if t.scaledByRow() {
		s := t.Scale.rows(from, to)
		out.Scale = &s
	}
	return out
}

// below appends the rows of one tensor to another's.
func (t Tensor) below(u Tensor) Tensor {
	out := t
	out.Shape = slices.Clone(t.Shape)
	out.Shape[0] += u.Shape[0]
	out.Pieces = slices.Concat(t.Pieces, u.Pieces)
	if out.Name == u.Name && len(out.Whole) > 0 && len(out.Shape) > 0 && out.Shape[0] == out.Whole[0] {
		out.Whole = nil
	}
	if t.scaledByRow() && u.scaledByRow() {
		s := t.Scale.below(*u.Scale)
		out.Scale = &s
	}
	return out
}

// scaledByRow reports whether each row has a factor of its own.
func (t Tensor) scaledByRow() bool {
	return t.Scale != nil && len(t.Scale.Shape) > 0 && t.Scale.Shape[0] > 1 && t.Scale.Shape[0] == t.first()
}

// Half is a half of an autoencoder's weights, "vae_encoder" or "vae_decoder"; of other networks all.
func (w Weights) Half(name string) Weights {
	other := map[string][]string{"vae_encoder": {"decoder.", "post_quant_conv."}, "vae_decoder": {"encoder.", "quant_conv."}}[name]
	out := maps.Clone(w)
	maps.DeleteFunc(out, func(tensor string, _ Tensor) bool {
		return slices.ContainsFunc(other, func(prefix string) bool { return strings.HasPrefix(tensor, prefix) })
	})
	return out
}

// Quantised reports whether most of the bytes are GGUF's blocks, which stay as they are.
func (w Weights) Quantised() bool {
	_, ok := w.Type().Grouping()
	return ok
}

// Memory is how many bytes the weights take in an open network: four a number, and less for the linear layers of GGUF's
// blocks, which stay quantised.
func (w Weights) Memory() int64 {
	n := int64(0)
	for name, t := range w {
		numbers := Weights{name: t}.Elements()
		kind, ok := t.Type.Grouping()
		if !ok || len(t.Shape) != 2 || strings.Contains(name, "embed") || name == "shared.weight" {
			n += 4 * numbers
			continue
		}
		bytes := numbers
		if kind.Most-kind.Least < 16 {
			bytes /= 2
		}
		factors := 4 * numbers / int64(kind.Size)
		if n += bytes + factors; kind.Offset {
			n += factors
		}
	}
	return n
}
