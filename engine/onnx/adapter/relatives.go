package adapter

// addRelative changes a weight, as stored, by a delta of another form than plain LoRA.
func (p *place) addRelative(b *builder, weight string, w part) string {
	d := w.Delta
	out, in := p.size()
	flat := weight
	switch {
	case p.transposed:
		flat = b.transpose(weight)
	case len(p.dims) > 2:
		flat = b.reshape(weight, int64(out), int64(in))
	}
	scale := w.weight
	if d.lengths != nil {
		scale = 1
	}
	changed := b.node("Add", flat, b.times(d.full(b, flat, out, in), scale))
	if d.lengths != nil {
		changed = d.decomposed(b, flat, changed, in, w.weight)
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
func (d *Delta) full(b *builder, flat string, out, in int) string {
	if d.form != nil {
		return d.form.delta(b, flat, out, in)
	}
	return b.node("MatMul", b.floats(out, d.Rank, d.Up), b.floats(d.Rank, in, d.Down))
}

// decomposed scales the changed weight to DoRA's norms; a weight below 1 interpolates from flat.
func (d *Delta) decomposed(b *builder, flat, changed string, in int, weight float32) string {
	n := len(d.lengths)
	squares := b.node("Mul", changed, changed)
	var ratio string
	if d.byInput {
		area := in / n // positions of a convolution's kernel
		sums := b.reshape(b.node("MatMul", b.ones(1, d.Out), squares), int64(n), int64(area))
		lengths := b.node("Sqrt", b.node("MatMul", sums, b.ones(area, 1)))
		ratio = b.node("MatMul", b.node("Div", b.floats(n, 1, d.lengths), lengths), b.ones(1, area))
		ratio = b.reshape(ratio, 1, int64(in))
	} else {
		lengths := b.node("Sqrt", b.node("MatMul", squares, b.ones(in, 1)))
		ratio = b.node("Div", b.floats(n, 1, d.lengths), lengths)
	}
	whole := b.node("Mul", changed, ratio)
	if weight == 1 {
		return whole
	}
	return b.node("Add", flat, b.node("Mul", b.node("Sub", whole, flat), b.floats(1, 1, []float32{weight})))
}
