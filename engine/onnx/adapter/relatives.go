package adapter

import (
	"fmt"
	"slices"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/safetensors"
)

// relative is what a Delta has beside Up and Down where it is another kind than plain LoRA.
type relative struct {
	// Second is LoHa's other pair, [out, rank] and [rank, in...]: the change is (up down) times, place by place, theirs.
	Second *[2][]float32
	// Kron is LoKr's: the change is the Kronecker product of two small matrices; Up and Down are not used.
	Kron *[2]matrix
	// Magnitude is DoRA's: the changed weight is brought to these lengths, of its rows (one an output), or with
	// ByInput of what belongs to one input.
	Magnitude []float32
	ByInput   bool
}

type matrix struct {
	rows, columns int
	data          []float32
}

func (r relative) plain() bool { return r.Second == nil && r.Kron == nil && r.Magnitude == nil }

// kind says what a module's change is, where it is none that is known here.
func (e *entry) kind() string {
	for _, k := range [][2]string{{"tucker", "LoHa or LoKr in Tucker's form"}, {"oft", "OFT"}, {"glora", "GLoRA"}, {"ia3", "(IA)3"}, {"diff", "a difference of whole weights"}} {
		if e.others[k[0]] != nil {
			return k[1]
		}
	}
	return "up or down is missing"
}

// relative reads LoHa and LoKr; nil for a module that is neither.
func (e *entry) relative(key string) (*Delta, error) {
	var d *Delta
	var err error
	switch o := e.others; {
	case o["tucker"] != nil || o["oft"] != nil || o["glora"] != nil || o["ia3"] != nil || o["diff"] != nil:
		return nil, nil
	case o["w1_a"] != nil:
		d, err = e.hadamard(key)
	case o["kron1"] != nil || o["kron1_a"] != nil:
		d, err = e.kronecker(key)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d, e.magnitude(d)
}

// two is a tensor as a matrix: its first axis by all others.
func two(t *safetensors.Tensor, name string) (matrix, error) {
	if t == nil || len(t.Shape) < 2 || product(t.Shape) == 0 {
		return matrix{}, fmt.Errorf("its %s is missing or has no two axes", name)
	}
	data, err := t.Floats()
	return matrix{t.Shape[0], product(t.Shape[1:]), data}, err
}

func (e *entry) hadamard(key string) (*Delta, error) {
	var m [4]matrix
	for i, name := range []string{"w1_a", "w1_b", "w2_a", "w2_b"} {
		var err error
		if m[i], err = two(e.others[name], "hada_"+name); err != nil {
			return nil, err
		}
	}
	if m[0].columns != m[1].rows || m[2].columns != m[3].rows || m[0].rows != m[2].rows || m[1].columns != m[3].columns || m[0].columns != m[2].columns {
		return nil, fmt.Errorf("the LoHa's matrices do not go together")
	}
	scale, err := e.scale(m[1].rows)
	if err != nil {
		return nil, err
	}
	return &Delta{Key: key, Rank: m[0].columns, Out: m[0].rows, In: []int{m[1].columns}, Up: scaled(m[0].data, scale), Down: m[1].data,
		relative: relative{Second: &[2][]float32{m[2].data, m[3].data}}}, nil
}

// kronecker reads LoKr's two matrices, each whole or in two factors; alpha counts where there are factors.
func (e *entry) kronecker(key string) (*Delta, error) {
	var m [2]matrix
	rank := 0
	for i, name := range []string{"kron1", "kron2"} {
		if whole := e.others[name]; whole != nil {
			var err error
			if m[i], err = two(whole, name); err != nil {
				return nil, err
			}
			continue
		}
		a, err := two(e.others[name+"_a"], name+"_a")
		if err != nil {
			return nil, err
		}
		b, err := two(e.others[name+"_b"], name+"_b")
		if err != nil {
			return nil, err
		}
		if a.columns != b.rows {
			return nil, fmt.Errorf("the LoKr's matrices do not go together")
		}
		rank, m[i] = b.rows, a.times(b)
	}
	scale := float32(1)
	if rank > 0 {
		var err error
		if scale, err = e.scale(rank); err != nil {
			return nil, err
		}
	}
	m[0].data = scaled(m[0].data, scale)
	return &Delta{Key: key, Out: m[0].rows * m[1].rows, In: []int{m[0].columns * m[1].columns}, relative: relative{Kron: &m}}, nil
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

// magnitude adds DoRA's lengths: LyCORIS' dora_scale, [out, 1...] or [1, in, 1...], or peft's vector of the outputs.
func (e *entry) magnitude(d *Delta) error {
	t, byShape := e.others["magnitude"], false
	if t == nil {
		t, byShape = e.others["dora_scale"], true
	}
	if t == nil {
		return nil
	}
	var err error
	if d.Magnitude, err = t.Floats(); err != nil {
		return err
	}
	d.ByInput = byShape && len(t.Shape) > 1 && t.Shape[0] == 1
	if !d.ByInput && len(d.Magnitude) != d.Out || d.ByInput && (len(d.Magnitude) == 0 || product(d.In)%len(d.Magnitude) != 0) {
		return fmt.Errorf("the DoRA has %d lengths for %d x %v weights", len(d.Magnitude), d.Out, d.In)
	}
	return nil
}

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

func (b *builder) floats(rows, columns int, data []float32) string {
	name := b.next()
	b.m.Tensors = append(b.m.Tensors, graphfile.NewFloats(name, []int64{int64(rows), int64(columns)}, data))
	return name
}

func (b *builder) node(op string, in ...string) string {
	out := b.next()
	b.nodes = append(b.nodes, &graphfile.Node{Name: out + "/" + op, Op: op, Inputs: in, Outputs: []string{out}})
	return out
}

func (b *builder) last() *graphfile.Node { return b.nodes[len(b.nodes)-1] }

func (b *builder) reshape(x string, dims ...int64) string {
	shape := b.next()
	b.m.Tensors = append(b.m.Tensors, graphfile.NewInts(shape, dims...))
	return b.node("Reshape", x, shape)
}

func (b *builder) transpose(x string) string {
	out := b.node("Transpose", x)
	b.last().SetInts("perm", 1, 0)
	return out
}

func (b *builder) ones(rows, columns int) string {
	data := make([]float32, rows*columns)
	for i := range data {
		data[i] = 1
	}
	return b.floats(rows, columns, data)
}

// addRelative changes a weight, as it lies, by a delta of another kind than plain LoRA.
func (p *place) addRelative(b *builder, weight string, w Weighted) string {
	d := w.Deltas[0]
	out, in := d.Out, product(d.In)
	flat := weight
	switch {
	case p.transposed:
		flat = b.transpose(weight)
	case len(p.dims) > 2:
		flat = b.reshape(weight, int64(out), int64(in))
	}
	scale := w.Weight
	if d.Magnitude != nil {
		scale = 1
	}
	changed := b.node("Add", flat, d.full(b, scale))
	if d.Magnitude != nil {
		changed = d.decomposed(b, flat, changed, w.Weight)
	}
	switch {
	case p.transposed:
		changed = b.transpose(changed)
	case len(p.dims) > 2:
		changed = b.reshape(changed, p.dims...)
	}
	return changed
}

// full is the delta as [out, in].
func (d *Delta) full(b *builder, scale float32) string {
	in := product(d.In)
	if d.Kron != nil {
		u, v := d.Kron[0], d.Kron[1]
		first := b.reshape(b.floats(u.rows, u.columns, scaled(u.data, scale)), int64(u.rows), 1, int64(u.columns), 1)
		second := b.reshape(b.floats(v.rows, v.columns, v.data), 1, int64(v.rows), 1, int64(v.columns))
		return b.reshape(b.node("Mul", first, second), int64(d.Out), int64(in))
	}
	delta := b.node("MatMul", b.floats(d.Out, d.Rank, scaled(d.Up, scale)), b.floats(d.Rank, in, d.Down))
	if d.Second != nil {
		delta = b.node("Mul", delta, b.node("MatMul", b.floats(d.Out, d.Rank, d.Second[0]), b.floats(d.Rank, in, d.Second[1])))
	}
	return delta
}

// decomposed brings the changed weight to DoRA's lengths; a weight below 1 goes so much of the way from flat.
func (d *Delta) decomposed(b *builder, flat, changed string, weight float32) string {
	in, n := product(d.In), len(d.Magnitude)
	squares := b.node("Mul", changed, changed)
	var ratio string
	if d.ByInput {
		area := in / n // places of a convolution's kernel
		sums := b.reshape(b.node("MatMul", b.ones(1, d.Out), squares), int64(n), int64(area))
		lengths := b.node("Sqrt", b.node("MatMul", sums, b.ones(area, 1)))
		ratio = b.node("MatMul", b.node("Div", b.floats(n, 1, d.Magnitude), lengths), b.ones(1, area))
		ratio = b.reshape(ratio, 1, int64(in))
	} else {
		lengths := b.node("Sqrt", b.node("MatMul", squares, b.ones(in, 1)))
		ratio = b.node("Div", b.floats(n, 1, d.Magnitude), lengths)
	}
	whole := b.node("Mul", changed, ratio)
	if weight == 1 {
		return whole
	}
	return b.node("Add", flat, b.node("Mul", b.node("Sub", whole, flat), b.floats(1, 1, []float32{weight})))
}

// split parts plain LoRAs, which one product sums up, from their relatives.
func split(parts []Weighted) (plain, relatives []Weighted) {
	for _, w := range parts {
		if w.Deltas[0].plain() {
			plain = append(plain, w)
		} else {
			relatives = append(relatives, w)
		}
	}
	return plain, slices.Clip(relatives)
}
