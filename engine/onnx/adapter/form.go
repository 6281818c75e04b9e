package adapter

import (
	"fmt"
	"slices"

	"nirvana/models/safetensors"
)

// form is another form of adapter than plain LoRA: how it changes a weight [out, in].
type form interface {
	// delta adds the nodes that compute the change, [out, in], of a weight of that shape.
	delta(b *builder, flat string, out, in int) string
	// rows is the form for some rows of the weight; nil where it cannot be split.
	rows(ranges [][2]int) form
}

// sum is LoCon in Tucker's form: the product of its factors.
type sum struct{ factors }

func (s sum) delta(b *builder, _ string, _, _ int) string { return s.node(b) }

func (s sum) rows(ranges [][2]int) form {
	s.up = s.up.pick(ranges)
	return s
}

// hadamardProduct is LoHa's change: the elementwise product of two products.
type hadamardProduct [2]factors

func (h hadamardProduct) delta(b *builder, _ string, _, _ int) string {
	return b.node("Mul", h[0].node(b), h[1].node(b))
}

func (h hadamardProduct) rows(ranges [][2]int) form {
	h[0].up, h[1].up = h[0].up.pick(ranges), h[1].up.pick(ranges)
	return h
}

// hadamard reads LoHa. In Tucker's form w_a is [rank, out] and w_b [rank, in], with a core each.
func (e *entry) hadamard(d *Delta, alpha *safetensors.Tensor) error {
	var h hadamardProduct
	rank := 0
	for i, n := range []string{"1", "2"} {
		a, err := two(e.take("hada_w"+n+"_a"), "hada_w"+n+"_a")
		if err != nil {
			return err
		}
		b, err := two(e.take("hada_w"+n+"_b"), "hada_w"+n+"_b")
		if err != nil {
			return err
		}
		c, err := middle(e.take("hada_t" + n))
		if err != nil {
			return err
		}
		if rank == 0 {
			rank = b.rows
		}
		if c.data != nil {
			a = a.transposed()
		}
		if h[i] = (factors{a, b, c}); h[i].check("w_a", "w_b") != nil {
			return fmt.Errorf("the LoHa's matrices do not go together: %w", h[i].check("hada_w"+n+"_a", "hada_w"+n+"_b"))
		}
	}
	if h[0].up.rows != h[1].up.rows || h[0].columns() != h[1].columns() {
		return fmt.Errorf("the LoHa's matrices do not go together")
	}
	scale, err := e.scale(alpha, rank)
	if err != nil {
		return err
	}
	h[0].up = scaledMatrix(h[0].up, scale)
	d.Out, d.In, d.form = h[0].up.rows, []int{h[0].columns()}, h
	return nil
}

// kroneckerProduct is LoKr's change: the Kronecker product of two small matrices.
type kroneckerProduct struct {
	factor [2]side
	scale  float32
}

// side is one of LoKr's matrices, whole or as factors.
type side struct {
	whole matrix
	factors
}

func (s side) size() (rows, columns int) {
	if s.whole.data != nil {
		return s.whole.rows, s.whole.columns
	}
	return s.up.rows, s.columns()
}

func (s side) node(b *builder) string {
	if s.whole.data != nil {
		return b.matrix(s.whole)
	}
	return s.factors.node(b)
}

func (k kroneckerProduct) delta(b *builder, _ string, _, _ int) string {
	r0, c0 := k.factor[0].size()
	r1, c1 := k.factor[1].size()
	first := b.reshape(b.times(k.factor[0].node(b), k.scale), int64(r0), 1, int64(c0), 1)
	second := b.reshape(k.factor[1].node(b), 1, int64(r1), 1, int64(c1))
	return b.reshape(b.node("Mul", first, second), int64(r0*r1), int64(c0*c1))
}

func (k kroneckerProduct) rows(ranges [][2]int) form { return someRows{k, ranges} }

// kronecker reads LoKr's two matrices, each whole or as two factors; alpha scales factors only.
func (e *entry) kronecker(d *Delta, alpha *safetensors.Tensor) error {
	k := kroneckerProduct{scale: 1}
	rank := 0
	for i, name := range []string{"lokr_w1", "lokr_w2"} {
		if whole := e.take(name); whole != nil {
			var err error
			if k.factor[i].whole, err = two(whole, name); err != nil {
				return err
			}
			continue
		}
		a, err := two(e.take(name+"_a"), name+"_a")
		if err != nil {
			return err
		}
		b, err := two(e.take(name+"_b"), name+"_b")
		if err != nil {
			return err
		}
		f := factors{up: a, down: b}
		if i == 1 && e.has("lokr_t2") {
			if f.core, err = middle(e.take("lokr_t2")); err != nil {
				return err
			}
			f.up = a.transposed()
		}
		if err := f.check(name+"_a", name+"_b"); err != nil {
			return fmt.Errorf("the LoKr's matrices do not go together: %w", err)
		}
		rank, k.factor[i].factors = b.rows, f
	}
	var err error
	if k.scale, err = e.scale(alpha, rank); err != nil {
		return err
	}
	if rank == 0 {
		k.scale = 1
	}
	r0, c0 := k.factor[0].size()
	r1, c1 := k.factor[1].size()
	d.Out, d.In, d.form = r0*r1, []int{c0 * c1}, k
	return nil
}

// whole is a full-size change; with set it is the new weight itself.
type whole struct {
	matrix
	set bool
}

func (w whole) delta(b *builder, flat string, _, _ int) string {
	if w.set {
		return b.node("Sub", b.matrix(w.matrix), flat)
	}
	return b.matrix(w.matrix)
}

func (w whole) rows(ranges [][2]int) form { return whole{w.pick(ranges), w.set} }

// difference reads a full-size change, of a matrix, or of a norm's vector.
func (e *entry) difference(d *Delta) error {
	t, set := e.take("set_weight"), true
	if t == nil {
		t, set = e.take("diff"), false
	}
	if product(t.Shape) == 0 || len(t.Shape) == 0 {
		return fmt.Errorf("the difference has shape %v", t.Shape)
	}
	data, err := t.Floats()
	if err != nil {
		return err
	}
	d.Out, d.In = t.Shape[0], slices.Clone(t.Shape[1:])
	d.form = whole{matrix{d.Out, product(d.In), data}, set}
	return nil
}

// someRows selects rows of a form whose matrices cannot be split.
type someRows struct {
	form
	ranges [][2]int
}

func (s someRows) delta(b *builder, flat string, out, in int) string {
	all := s.form.delta(b, flat, out, in)
	var parts []string
	for _, r := range s.ranges {
		parts = append(parts, b.node("Slice", all, b.ints(int64(r[0])), b.ints(int64(r[1])), b.ints(0)))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	x := b.node("Concat", parts...)
	b.last().SetInt("axis", 0)
	return x
}

func (s someRows) rows([][2]int) form { return nil }
