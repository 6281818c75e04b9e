package adapter

import (
	"fmt"

	"nirvana/engine/onnx/graphfile"
)

// builder adds constant nodes to a model.
type builder struct {
	m     *graphfile.Model
	name  string
	nodes []*graphfile.Node
	made  int
}

func (b *builder) next() string {
	b.made++
	return fmt.Sprintf("%s/%d", b.name, b.made)
}

func (b *builder) tensor(data []float32, dims ...int64) string {
	name := b.next()
	b.m.Tensors = append(b.m.Tensors, graphfile.NewFloats(name, dims, data))
	return name
}

func (b *builder) floats(rows, columns int, data []float32) string {
	return b.tensor(data, int64(rows), int64(columns))
}

func (b *builder) matrix(m matrix) string { return b.floats(m.rows, m.columns, m.data) }

func (b *builder) ints(values ...int64) string {
	name := b.next()
	b.m.Tensors = append(b.m.Tensors, graphfile.NewInts(name, values...))
	return name
}

func (b *builder) node(op string, in ...string) string {
	out := b.next()
	b.nodes = append(b.nodes, &graphfile.Node{Name: out + "/" + op, Op: op, Inputs: in, Outputs: []string{out}})
	return out
}

func (b *builder) last() *graphfile.Node { return b.nodes[len(b.nodes)-1] }

func (b *builder) cast(x string, to graphfile.Type) string {
	x = b.node("Cast", x)
	b.last().SetInt("to", int64(to))
	return x
}

func (b *builder) reshape(x string, dims ...int64) string {
	return b.node("Reshape", x, b.ints(dims...))
}

func (b *builder) transpose(x string) string {
	out := b.node("Transpose", x)
	b.last().SetInts("perm", 1, 0)
	return out
}

// times multiplies by a number; x itself for 1.
func (b *builder) times(x string, by float32) string {
	if by == 1 {
		return x
	}
	return b.node("Mul", x, b.floats(1, 1, []float32{by}))
}

// channelsLast converts [out, in kernel] to [out kernel, in], channelsFirst back.
func (b *builder) channelsLast(x string, in, kernel int) string {
	x = b.node("Transpose", b.reshape(x, -1, int64(in), int64(kernel)))
	b.last().SetInts("perm", 0, 2, 1)
	return b.reshape(x, -1, int64(in))
}

func (b *builder) channelsFirst(x string, in, kernel int) string {
	x = b.node("Transpose", b.reshape(x, -1, int64(kernel), int64(in)))
	b.last().SetInts("perm", 0, 2, 1)
	return b.reshape(x, -1, int64(in*kernel))
}

func (b *builder) ones(rows, columns int) string {
	data := make([]float32, rows*columns)
	for i := range data {
		data[i] = 1
	}
	return b.floats(rows, columns, data)
}

// finish names the last node's output.
func (b *builder) finish(name string) string {
	b.last().Outputs[0] = name
	return name
}
