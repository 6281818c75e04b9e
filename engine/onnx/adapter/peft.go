package adapter

import (
	"fmt"
	"math"
	"slices"

	"nirvana/models/safetensors"
)

// inputRotation is PEFT's OFT and BOFT: the inputs rotated block by block, W R^T of a weight W [out, in], where BOFT's stages
// permute the inputs before and after; then every output is scaled. (OFT of PEFT to 0.13 rotates the outputs, see oft.go.)
type inputRotation struct {
	stages    []stage
	num, size int       // blocks a stage, inputs a block; one block is all there are, or shared by all
	rescale   []float32 // one an output; may be nil
}

// stage is one rotation: [num, size, size], as they multiply the inputs from the right.
type stage struct {
	blocks        []float32
	before, after []int64 // input k before and after is that of the place; nil: as it stands
}

// peftOFT reads oft_R.weight of PEFT from 0.16 on and of OneTrainer: the upper triangles of Q = U - U^T, [block, size
// (size-1)/2]. The rotation is what PEFT's layers compute: the Neumann series of (I+Q)(I-Q)^-1, or where its settings say
// so (I-Q)(I+Q)^-1.
func (e *entry) peftOFT(d *Delta) error {
	t := e.take("oft_R")
	if len(t.Shape) != 2 || product(t.Shape) == 0 {
		return fmt.Errorf("the OFT's rotations have shape %v", t.Shape)
	}
	size := int(math.Round((1 + math.Sqrt(1+8*float64(t.Shape[1]))) / 2))
	if size*(size-1)/2 != t.Shape[1] || size > mostBlock {
		return fmt.Errorf("the OFT's rotations have %d numbers, which is no triangle of at most %d", t.Shape[1], mostBlock)
	}
	v, err := t.Floats()
	if err != nil {
		return err
	}
	r := inputRotation{num: t.Shape[0], size: size}
	var blocks []float32
	for at := 0; at < len(v); at += t.Shape[1] {
		upper := make([]float32, size*size)
		k := at
		for i := range size {
			for j := i + 1; j < size; j++ {
				upper[i*size+j] = v[k]
				k++
			}
		}
		turn := cayley(upper, size, -1)
		if !e.training.exactly {
			turn = e.training.neumann(upper, size)
		}
		blocks = append(blocks, transpose(turn, size, size)...)
	}
	r.stages = []stage{{blocks: blocks}}
	return e.turn(d, r, nil)
}

// peftBOFT reads BOFT's boft_R, [stage, block, size, size], with boft_s, the scale of every output, and the OFT of PEFT
// 0.14 and 0.15, which is one stage of that: oft_r and oft_s.
func (e *entry) peftBOFT(d *Delta, rotations, scales string) error {
	t, s := e.take(rotations), e.take(scales)
	shape := t.Shape
	if len(shape) == 3 {
		shape = append([]int{1}, shape...)
	}
	if len(shape) != 4 || shape[2] != shape[3] || product(shape) == 0 || shape[2] > mostBlock {
		return fmt.Errorf("the OFT's rotations have shape %v", t.Shape)
	}
	v, err := t.Floats()
	if err != nil {
		return err
	}
	r := inputRotation{num: shape[1], size: shape[2]}
	n := r.size * r.size
	if shape[0] > 1 && r.size%2 != 0 {
		return fmt.Errorf("the BOFT's blocks of %d cannot be permuted by halves", r.size)
	}
	for i := range shape[0] {
		var one stage
		for k := range r.num {
			at := (i*r.num + k) * n
			one.blocks = append(one.blocks, transpose(cayley(v[at:at+n], r.size, -0.5), r.size, r.size)...)
		}
		if i > 0 {
			if r.num%(1<<i) != 0 {
				return fmt.Errorf("the BOFT's %d blocks do not make %d stages", r.num, shape[0])
			}
			one.after = butterfly(r.num*r.size, r.size<<i, r.size/2)
			one.before = inverted(one.after)
		}
		r.stages = append(r.stages, one)
	}
	return e.turn(d, r, s)
}

// turn makes a rotation of inputs, with the scales of the outputs, the delta's change.
func (e *entry) turn(d *Delta, r inputRotation, scales *safetensors.Tensor) error {
	d.form, d.In, d.anyOut = r, []int{r.num * r.size}, true
	if scales == nil {
		return nil
	}
	v, err := scales.Floats()
	if err != nil {
		return err
	}
	r.rescale = v
	d.form, d.Out, d.anyOut = r, len(v), false
	return nil
}

// butterfly is the order of n inputs in which every group has its parts of so many inputs sorted: the even ones, then the odd.
func butterfly(n, group, part int) []int64 {
	var out []int64
	for at := 0; at < n; at += group {
		for odd := range 2 {
			for p := odd; p < group/part; p += 2 {
				for k := range part {
					out = append(out, int64(at+p*part+k))
				}
			}
		}
	}
	return out
}

// inverted is the permutation that undoes one.
func inverted(order []int64) []int64 {
	out := make([]int64, len(order))
	for i, k := range order {
		out[k] = int64(i)
	}
	return out
}

// neumann is I + 2Q + 2Q^2 + ... of as many terms as were trained with, of Q = U - U^T; from PEFT 0.18 on the last counts once.
func (t training) neumann(upper []float32, n int) []float32 {
	q := make([]float64, n*n)
	for i := range n {
		for j := range n {
			q[i*n+j] = float64(upper[i*n+j]) - float64(upper[j*n+i])
		}
	}
	out, power := make([]float64, n*n), slices.Clone(q)
	for i := range n {
		out[i*n+i] = 1
	}
	terms := t.terms
	if terms == 0 {
		terms = 5
	}
	if terms == 3 && !t.olderSeries {
		terms = 4 // what its layers compute then
	}
	for k := 1; k < terms; k++ {
		if k > 1 {
			power = multiplied(power, q, n)
		}
		by := 2.0
		if k == terms-1 && k > 2 && !t.olderSeries {
			by = 1
		}
		for i, v := range power {
			out[i] += by * v
		}
	}
	turn := make([]float32, n*n)
	for i, v := range out {
		turn[i] = float32(v)
	}
	return turn
}

func multiplied(a, b []float64, n int) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		for k := range n {
			f := a[i*n+k]
			if f == 0 {
				continue
			}
			for j := range n {
				out[i*n+j] += f * b[k*n+j]
			}
		}
	}
	return out
}

// fits reports whether a weight has the inputs that are rotated.
func (r inputRotation) fits(out, in int) bool {
	return (r.num*r.size == in || r.num == 1 && len(r.stages) == 1 && in%r.size == 0) && (r.rescale == nil || len(r.rescale) == out)
}

func (r inputRotation) rows(ranges [][2]int) form {
	if r.rescale != nil {
		r.rescale = matrix{len(r.rescale), 1, r.rescale}.pick(ranges).data
	}
	return r
}

func (r inputRotation) delta(b *builder, flat string, out, in int) string {
	x := flat
	for _, s := range r.stages {
		x = b.ordered(x, s.before)
		x = b.node("Transpose", b.reshape(x, int64(out), int64(in/r.size), int64(r.size)))
		b.last().SetInts("perm", 1, 0, 2)
		x = b.node("MatMul", x, b.tensor(s.blocks, int64(r.num), int64(r.size), int64(r.size)))
		x = b.node("Transpose", x)
		b.last().SetInts("perm", 1, 0, 2)
		x = b.ordered(b.reshape(x, int64(out), int64(in)), s.after)
	}
	if r.rescale != nil {
		x = b.node("Mul", x, b.floats(len(r.rescale), 1, r.rescale))
	}
	return b.node("Sub", x, flat)
}

// ordered has the columns of x in an order; nil: as they stand.
func (b *builder) ordered(x string, order []int64) string {
	if order == nil {
		return x
	}
	x = b.node("Gather", x, b.ints(order...))
	b.last().SetInt("axis", 1)
	return x
}
