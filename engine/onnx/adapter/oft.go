package adapter

import (
	"fmt"
	"math"
	"strings"

	"nirvana/models/safetensors"
)

// mostBlock is the size of the largest block: inverting one takes its cube of operations.
const mostBlock = 1024

// rotation is OFT's change (Qiu et al. 2023, arXiv:2306.07280), the outputs rotated block by block, and BOFT's (Liu
// et al. 2024, arXiv:2311.06243), several such in sequence with the outputs permuted as in a butterfly. A block is
// the Cayley transform of what was trained, (I+Q)(I-Q)^-1 with Q = B - B^T.
type rotation struct {
	stages     int // 1: OFT
	num, size  int // blocks a stage, outputs a block
	blocks     []float32
	turned     bool // the blocks are rotations already, as in LyCORIS' oft_diag
	butterfly  bool
	constraint float64   // the largest norm of Q, where above 0
	rescale    []float32 // one an output; may be nil
}

// oft reads oft_blocks of kohya and LyCORIS, [block, size, size], and BOFT's, [stage, block, size, size]; and oft_r of PEFT
// to 0.13, whose Q is half of B^T - B.
func (e *entry) oft(d *Delta, alpha *safetensors.Tensor) error {
	t := e.take("oft_blocks")
	r := rotation{stages: 1}
	half := t == nil
	if half {
		t = e.take("oft_r")
	}
	shape := t.Shape
	if len(shape) == 4 {
		r.stages, r.butterfly, shape = shape[0], true, shape[1:]
	}
	if len(shape) != 3 || shape[1] != shape[2] || product(t.Shape) == 0 {
		return fmt.Errorf("the OFT's blocks have shape %v", t.Shape)
	}
	if r.num, r.size = shape[0], shape[1]; r.size > mostBlock {
		return fmt.Errorf("the OFT's blocks are %d wide, more than %d", r.size, mostBlock)
	}
	var err error
	if r.blocks, err = t.Floats(); err != nil {
		return err
	}
	if half {
		for i, v := range r.blocks {
			r.blocks[i] = -v / 2
		}
	}
	r.turned = strings.HasSuffix(e.name, ".oft_diag")
	d.Out, d.anyIn = r.num*r.size, true
	if s := e.take("rescale"); s != nil {
		if r.rescale, err = s.Floats(); err != nil || len(r.rescale) != d.Out && len(r.rescale) != 1 {
			return fmt.Errorf("the OFT's rescale has shape %v for %d outputs", s.Shape, d.Out)
		}
	}
	if alpha != nil {
		a, err := alpha.Number()
		if err != nil {
			return fmt.Errorf("alpha is not one number: %w", err)
		}
		r.constraint = float64(a) * float64(d.Out)
	}
	d.form = r
	return nil
}

func (r rotation) rows(ranges [][2]int) form {
	if r.butterfly || r.constraint > 0 || r.rescale != nil && len(r.rescale) != r.num*r.size {
		return nil // every output depends on all
	}
	of := matrix{r.num, r.size * r.size, r.blocks}
	var cut [][2]int
	for _, g := range ranges {
		if g[0]%r.size != 0 || g[1]%r.size != 0 {
			return nil
		}
		cut = append(cut, [2]int{g[0] / r.size, g[1] / r.size})
	}
	picked := of.pick(cut)
	r.blocks, r.num = picked.data, picked.rows
	if r.rescale != nil {
		r.rescale = matrix{len(r.rescale), 1, r.rescale}.pick(ranges).data
	}
	return r
}

func (r rotation) delta(b *builder, flat string, out, in int) string {
	x := flat
	blocks := r.turns()
	n := r.num * r.size * r.size
	for i := range r.stages {
		half := int64(1) << i * int64(r.size/2)
		if r.butterfly {
			x = b.swap(x, int64(out), int64(in), 2, half)
		}
		stage := b.reshape(b.floats(r.num*r.size, r.size, blocks[i*n:(i+1)*n]), int64(r.num), int64(r.size), int64(r.size))
		x = b.node("MatMul", stage, b.reshape(x, int64(r.num), int64(r.size), int64(in)))
		if r.butterfly {
			x = b.swap(x, int64(out), int64(in), half, 2)
		}
	}
	x = b.reshape(x, int64(out), int64(in))
	if r.rescale != nil {
		x = b.node("Mul", x, b.floats(len(r.rescale), 1, r.rescale))
	}
	return b.node("Sub", x, flat)
}

// swap reads the rows of x as [.., g, k] and writes them as [.., k, g].
func (b *builder) swap(x string, out, in, g, k int64) string {
	x = b.node("Transpose", b.reshape(x, out/(g*k), g, k, in))
	b.last().SetInts("perm", 0, 2, 1, 3)
	return b.reshape(x, out, in)
}

// turns are the rotations as they multiply a weight: OFT's transposed.
func (r rotation) turns() []float32 {
	n := r.size
	out := make([]float32, 0, len(r.blocks))
	shrink := r.shrink()
	for at := 0; at < len(r.blocks); at += n * n {
		block := r.blocks[at : at+n*n]
		if !r.turned {
			block = cayley(block, n, shrink)
		}
		if !r.butterfly {
			block = transpose(block, n, n)
		}
		out = append(out, block...)
	}
	return out
}

// shrink is the factor that limits Q's norm to the constraint.
func (r rotation) shrink() float64 {
	if r.constraint <= 0 {
		return 1
	}
	n, square := r.size, 0.0
	for at := 0; at < len(r.blocks); at += n * n {
		for i := range n {
			for j := range n {
				q := float64(r.blocks[at+i*n+j]) - float64(r.blocks[at+j*n+i])
				square += q * q
			}
		}
	}
	if norm := math.Sqrt(square) + 1e-8; norm > r.constraint {
		return r.constraint / norm
	}
	return 1
}

// cayley is (I+Q)(I-Q)^-1, a rotation, of Q = shrink (B - B^T). I-Q is always invertible.
func cayley(block []float32, n int, shrink float64) []float32 {
	// Solve X (I-Q) = I+Q, which is (I-Q)^T X^T = (I+Q)^T, or (I+Q) X^T = I-Q.
	left, right := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := range n {
			q := shrink * (float64(block[i*n+j]) - float64(block[j*n+i]))
			left[i*n+j], right[i*n+j] = q, -q
		}
		left[i*n+i]++
		right[i*n+i]++
	}
	solve(left, right, n)
	out := make([]float32, n*n)
	for i := range n {
		for j := range n {
			out[j*n+i] = float32(right[i*n+j])
		}
	}
	return out
}

// solve replaces b by a^-1 b, by Gauss-Jordan elimination with partial pivoting; a is overwritten.
func solve(a, b []float64, n int) {
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r*n+c]) > math.Abs(a[pivot*n+c]) {
				pivot = r
			}
		}
		for k := range n {
			a[c*n+k], a[pivot*n+k] = a[pivot*n+k], a[c*n+k]
			b[c*n+k], b[pivot*n+k] = b[pivot*n+k], b[c*n+k]
		}
		by := 1 / a[c*n+c]
		for k := range n {
			a[c*n+k] *= by
			b[c*n+k] *= by
		}
		for r := range n {
			f := a[r*n+c]
			if r == c || f == 0 {
				continue
			}
			for k := range n {
				a[r*n+k] -= f * a[c*n+k]
				b[r*n+k] -= f * b[c*n+k]
			}
		}
	}
}
