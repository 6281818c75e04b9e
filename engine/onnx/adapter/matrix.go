package adapter

import (
	"fmt"

	"nirvana/models/safetensors"
)

// matrix is row-major.
type matrix struct {
	rows, columns int
	data          []float32
}

// two is a tensor as a matrix: its first axis by all others.
func two(t *safetensors.Tensor, name string) (matrix, error) {
	if t == nil || len(t.Shape) < 2 || product(t.Shape) == 0 {
		return matrix{}, fmt.Errorf("its %s is missing or has no two axes", name)
	}
	data, err := t.Floats()
	return matrix{t.Shape[0], product(t.Shape[1:]), data}, err
}

func (a matrix) times(b matrix) matrix {
	out := matrix{a.rows, b.columns, make([]float32, a.rows*b.columns)}
	for i := range a.rows {
		for k, v := range a.data[i*a.columns : (i+1)*a.columns] {
			for j := range b.columns {
				out.data[i*b.columns+j] += v * b.data[k*b.columns+j]
			}
		}
	}
	return out
}

func (a matrix) transposed() matrix {
	return matrix{a.columns, a.rows, transpose(a.data, a.rows, a.columns)}
}

// pick is the rows of the ranges, concatenated.
func (a matrix) pick(ranges [][2]int) matrix {
	out := matrix{columns: a.columns}
	for _, r := range ranges {
		out.rows += r[1] - r[0]
		out.data = append(out.data, a.data[r[0]*a.columns:r[1]*a.columns]...)
	}
	return out
}

func scaledMatrix(a matrix, by float32) matrix { return matrix{a.rows, a.columns, scaled(a.data, by)} }

// core is the middle of a Tucker decomposition, [rank of up, rank of down, kernel's area]; zero: none.
type core struct {
	up, down, area int
	data           []float32
}

func middle(t *safetensors.Tensor) (core, error) {
	if t == nil {
		return core{}, nil
	}
	if len(t.Shape) < 3 || product(t.Shape) == 0 {
		return core{}, fmt.Errorf("the middle matrix has shape %v instead of ranks and a kernel", t.Shape)
	}
	data, err := t.Floats()
	return core{t.Shape[0], t.Shape[1], product(t.Shape[2:]), data}, err
}

// factors is a product that is not computed yet: up [out, rank] times down [rank, in], or with a core the sum over i,
// j of core[i, j, k] up[out, i] down[j, in].
type factors struct {
	up, down matrix
	core     core
}

func (f factors) check(up, down string) error {
	if c := f.core; c.data != nil && (c.up != f.up.columns || c.down != f.down.rows) {
		return fmt.Errorf("the middle matrix has ranks %d and %d between %s of %d and %s of %d", c.up, c.down, up, f.up.columns, down, f.down.rows)
	}
	if f.core.data == nil && f.up.columns != f.down.rows {
		return fmt.Errorf("%s has shape [%d %d] and %s [%d %d], which do not go together", up, f.up.rows, f.up.columns, down, f.down.rows, f.down.columns)
	}
	return nil
}

// columns is the number of the product's columns.
func (f factors) columns() int { return f.down.columns * max(f.core.area, 1) }

// node computes the product in the network: [out, in kernel].
func (f factors) node(b *builder) string {
	up, down := b.matrix(f.up), b.matrix(f.down)
	if f.core.data == nil {
		return b.node("MatMul", up, down)
	}
	c := f.core
	spread := matrix{c.up * c.area, c.down, make([]float32, len(c.data))} // [rank of up, kernel, rank of down]
	for i := range c.up {
		for j := range c.down {
			for k := range c.area {
				spread.data[(i*c.area+k)*c.down+j] = c.data[(i*c.down+j)*c.area+k]
			}
		}
	}
	in := int64(f.down.columns)
	x := b.reshape(b.node("MatMul", b.matrix(spread), down), int64(c.up), int64(c.area), in)
	x = b.node("Transpose", x)
	b.last().SetInts("perm", 0, 2, 1)
	return b.node("MatMul", up, b.reshape(x, int64(c.up), in*int64(c.area)))
}
