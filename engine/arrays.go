package engine

// stack puts b's rows after a's on the first axis; a may be empty.
func stack(a, b Tensor) Tensor {
	if a.Data == nil {
		return b.Clone()
	}
	shape := append([]int{a.Shape[0] + b.Shape[0]}, a.Shape[1:]...)
	return Tensor{shape, append(append(make([]float32, 0, len(a.Data)+len(b.Data)), a.Data...), b.Data...)}
}

// beside joins along the last axis.
func beside(a, b Tensor) Tensor {
	if a.Data == nil {
		return b
	}
	last := len(a.Shape) - 1
	wa, wb := a.Shape[last], b.Shape[last]
	shape := append([]int(nil), a.Shape...)
	shape[last] = wa + wb
	out := Zeros(shape...)
	for r := 0; r < len(a.Data)/wa; r++ {
		copy(out.Data[r*(wa+wb):], a.Data[r*wa:(r+1)*wa])
		copy(out.Data[r*(wa+wb)+wa:], b.Data[r*wb:(r+1)*wb])
	}
	return out
}

// below joins [1, n, width] tensors along their rows.
func below(a, b Tensor) Tensor {
	if a.Data == nil {
		return b
	}
	return Tensor{[]int{1, a.Shape[1] + b.Shape[1], a.Shape[2]}, append(append([]float32(nil), a.Data...), b.Data...)}
}

// lengthened repeats the last row of [1, n, width] up to so many rows: prompts of
// several chunks beside shorter ones in a batch, as AUTOMATIC1111 does.
func lengthened(a Tensor, rows int) Tensor {
	width := a.Shape[2]
	last := a.Data[len(a.Data)-width:]
	for a.Shape[1] < rows {
		a = below(a, Tensor{[]int{1, 1, width}, last})
	}
	return a
}

// widen pads the last axis with zeros.
func widen(a Tensor, width int) Tensor {
	last := len(a.Shape) - 1
	if missing := width - a.Shape[last]; missing > 0 {
		shape := append([]int(nil), a.Shape...)
		shape[last] = missing
		return beside(a, Zeros(shape...))
	}
	return a
}

// repeat lays n copies of a row [1, ...] on the first axis.
func repeat(row []float32, n int, shape ...int) Tensor {
	t := Tensor{Shape: append([]int{n}, shape...)}
	for i := 0; i < n; i++ {
		t.Data = append(t.Data, row...)
	}
	return t
}

// channels joins [batch, channel, h, w] tensors along the channels, an image at a time.
func channels(parts ...Tensor) Tensor {
	if len(parts) == 1 {
		return parts[0]
	}
	b, total := parts[0].Shape[0], 0
	for _, p := range parts {
		total += p.Shape[1]
	}
	out := Zeros(b, total, parts[0].Shape[2], parts[0].Shape[3])
	at := 0
	for i := 0; i < b; i++ {
		for _, p := range parts {
			at += copy(out.Data[at:], p.Row(i%p.Shape[0]).Data)
		}
	}
	return out
}
