package adapter

import (
	"fmt"

	"nirvana/models/safetensors"
)

// generalised is GLoRA's change (Chavan et al. 2023, arXiv:2306.07967) as LyCORIS trains it: W a + b.
type generalised struct{ a, b factors }

func (g generalised) delta(b *builder, flat string, _, _ int) string {
	in, kernel := g.a.up.rows, g.b.columns()/g.a.up.rows
	w := flat
	if kernel > 1 { // [out, in, kernel]: a acts on the inputs of a convolution
		w = b.channelsLast(flat, in, kernel)
	}
	w = b.node("MatMul", b.node("MatMul", w, b.matrix(g.a.up)), b.matrix(g.a.down))
	if kernel > 1 {
		w = b.channelsFirst(w, in, kernel)
	}
	return b.node("Add", w, g.b.node(b))
}

func (g generalised) rows(ranges [][2]int) form {
	g.b.up = g.b.up.pick(ranges)
	return g
}

// glora reads LyCORIS' four matrices, in the present order (a1 [in, rank], b1 [out, rank]) or the older one,
// transposed.
func (e *entry) glora(d *Delta, alpha *safetensors.Tensor) error {
	var m [4]matrix
	for i, name := range []string{"a1", "a2", "b1", "b2"} {
		var err error
		if m[i], err = two(e.take("glora_"+name), name); err != nil {
			return err
		}
	}
	a1, a2, b1, b2 := m[0], m[1], m[2], m[3]
	older := a1.rows < a1.columns && a1.rows == a2.columns && a1.rows == b1.rows && a1.rows == b2.columns
	if older {
		a1, a2, b1, b2 = a2, a1, b2, b1
	}
	g := generalised{factors{up: a1, down: a2}, factors{up: b1, down: b2}}
	if g.a.check("a1", "a2") != nil || g.b.check("b1", "b2") != nil || a1.rows != a2.columns || b2.columns%a1.rows != 0 {
		return fmt.Errorf("the GLoRA's matrices do not go together")
	}
	scale, err := e.scale(alpha, a1.columns)
	if err != nil {
		return err
	}
	g.a.up, g.b.up = scaledMatrix(a1, scale), scaledMatrix(b1, scale)
	d.Out, d.In, d.form = b1.rows, []int{b2.columns}, g
	return nil
}

// stretch is (IA)3's change (Liu et al. 2022, arXiv:2205.05638): each output, or each input, is scaled by its own
// factor.
type stretch struct {
	by      []float32 // the factors minus 1
	onInput bool
}

func (s stretch) delta(b *builder, flat string, _, in int) string {
	if !s.onInput {
		return b.node("Mul", flat, b.floats(len(s.by), 1, s.by))
	}
	by := make([]float32, 0, in)
	for _, v := range s.by {
		for range in / len(s.by) { // the positions of a convolution's kernel
			by = append(by, v)
		}
	}
	return b.node("Mul", flat, b.floats(1, in, by))
}

func (s stretch) rows(ranges [][2]int) form {
	if !s.onInput {
		s.by = matrix{len(s.by), 1, s.by}.pick(ranges).data
	}
	return s
}

// ia3 reads LyCORIS' vector, the factor minus 1, or PEFT's, the factor.
func (e *entry) ia3(d *Delta) error {
	t, factor := e.take("ia3"), false
	if t == nil {
		t, factor = e.take("ia3_l"), true
	}
	by, err := t.Floats()
	if err != nil {
		return err
	}
	s := stretch{by: by}
	if factor {
		s.by = scaled(by, 1)
		for i := range s.by {
			s.by[i]--
		}
		s.onInput = len(t.Shape) > 1 && t.Shape[0] == 1
	}
	if on := e.take("on_input"); on != nil {
		v, err := on.Number()
		if err != nil {
			return fmt.Errorf("on_input: %w", err)
		}
		s.onInput = v != 0
	}
	if len(by) == 0 {
		return fmt.Errorf("the (IA)3's vector is empty")
	}
	d.form, d.anyIn, d.Out = s, !s.onInput, len(by)
	if s.onInput {
		d.Out, d.In, d.anyOut = 0, []int{len(by)}, true
	}
	return nil
}
