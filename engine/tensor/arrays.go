package tensor

// Stack concatenates along the first axis; a may be empty.
func Stack(a, b Tensor) Tensor {
	if a.Data == nil {
		return b.Clone()
	}
	shape := append([]int{a.Shape[0] + b.Shape[0]}, a.Shape[1:]...)
	return Tensor{shape, append(append(make([]float32, 0, len(a.Data)+len(b.Data)), a.Data...), b.Data...)}
}

// ConcatLast concatenates along the last axis.
func ConcatLast(a, b Tensor) Tensor {
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

// ConcatRows concatenates [1, n, width] tensors along their rows.
func ConcatRows(a, b Tensor) Tensor {
	if a.Data == nil {
		return b
	}
	return Tensor{[]int{1, a.Shape[1] + b.Shape[1], a.Shape[2]}, append(append([]float32(nil), a.Data...), b.Data...)}
}

// RepeatLastRow pads [1, n, width] to rows rows with its last one: shorter prompts in a batch with longer ones, as
// AUTOMATIC1111 does.
func RepeatLastRow(a Tensor, rows int) Tensor {
	width := a.Shape[2]
	last := a.Data[len(a.Data)-width:]
	for a.Shape[1] < rows {
		a = ConcatRows(a, Tensor{[]int{1, 1, width}, last})
	}
	return a
}

// PadLast pads the last axis with zeros.
func PadLast(a Tensor, width int) Tensor {
	last := len(a.Shape) - 1
	if missing := width - a.Shape[last]; missing > 0 {
		shape := append([]int(nil), a.Shape...)
		shape[last] = missing
		return ConcatLast(a, Zeros(shape...))
	}
	return a
}

// Repeat is n copies of a row [1, ...] along the first axis.
func Repeat(row []float32, n int, shape ...int) Tensor {
	t := Tensor{Shape: append([]int{n}, shape...)}
	for i := 0; i < n; i++ {
		t.Data = append(t.Data, row...)
	}
	return t
}

// ConcatChannels concatenates tensors [batch, channel, ...] along the channels.
func ConcatChannels(parts ...Tensor) Tensor {
	if len(parts) == 1 {
		return parts[0]
	}
	b, total := parts[0].Shape[0], 0
	for _, p := range parts {
		total += p.Shape[1]
	}
	out := Zeros(append([]int{b, total}, parts[0].Shape[2:]...)...)
	at := 0
	for i := 0; i < b; i++ {
		for _, p := range parts {
			at += copy(out.Data[at:], p.Row(i%p.Shape[0]).Data)
		}
	}
	return out
}

// Rows are n rows of t from row from on, padded with the last one.
func Rows(t Tensor, from, n int) Tensor {
	if from == 0 && n == t.Shape[0] {
		return t
	}
	out := Zeros(append([]int{n}, t.Shape[1:]...)...)
	per := len(out.Data) / n
	for i := range n {
		copy(out.Data[i*per:(i+1)*per], t.Row(min(from+i, t.Shape[0]-1)).Data)
	}
	return out
}

// PadEdge pads x [n, c, h, w] at the right and the bottom with its last columns and rows.
func PadEdge(x Tensor, h, w int) Tensor {
	if x.Shape[2] == h && x.Shape[3] == w {
		return x
	}
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	for p := range x.Shape[0] * x.Shape[1] {
		for r := range h {
			from := (p*x.Shape[2] + min(r, x.Shape[2]-1)) * x.Shape[3]
			for c := range w {
				out.Data[(p*h+r)*w+c] = x.Data[from+min(c, x.Shape[3]-1)]
			}
		}
	}
	return out
}

// FirstChannels are the first n of x's channels, [batch, channel, ...].
func FirstChannels(x Tensor, n int) Tensor {
	if len(x.Shape) < 3 || x.Shape[1] <= n {
		return x
	}
	out := Zeros(append([]int{x.Shape[0], n}, x.Shape[2:]...)...)
	per := out.Elements() / (x.Shape[0] * n)
	for i := range x.Shape[0] {
		copy(out.Data[i*n*per:(i+1)*n*per], x.Data[i*x.Shape[1]*per:])
	}
	return out
}

// LaterRows are a's rows without the first n, [1, row, width]; at least one.
func LaterRows(a Tensor, n int) Tensor {
	n = min(n, a.Shape[1]-1)
	return Tensor{Shape: []int{1, a.Shape[1] - n, a.Shape[2]}, Data: a.Data[n*a.Shape[2]:]}
}

// Spread repeats the rows of t until there are n, as a copy.
func Spread(t Tensor, n int) Tensor {
	out := Zeros(append([]int{n}, t.Shape[1:]...)...)
	for i, at := 0, 0; i < n; i++ {
		at += copy(out.Data[at:], t.Row(i%t.Shape[0]).Data)
	}
	return out
}

// MapChannels replaces every value of [batch, channel, ...] by f of its channel and value.
func MapChannels(z Tensor, f func(channel int, v float32) float32) {
	per := len(z.Data) / (z.Shape[0] * z.Shape[1])
	for i := range z.Data {
		z.Data[i] = f(i/per%z.Shape[1], z.Data[i])
	}
}

// Pool averages [n, 3, H, W] down to [n, 3, h, w].
func Pool(x Tensor, h, w int) Tensor {
	fy, fx := x.Shape[2]/h, x.Shape[3]/w
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	for p := 0; p < x.Shape[0]*x.Shape[1]; p++ {
		for y := 0; y < h*fy; y++ {
			for c := 0; c < w*fx; c++ {
				out.Data[(p*h+y/fy)*w+c/fx] += x.Data[(p*x.Shape[2]+y)*x.Shape[3]+c] / float32(fx*fy)
			}
		}
	}
	return out
}

// Wrapped is h x w places of every plane of x [n, c, H, W] from (y, cx) on, as if the planes repeated in both directions.
func Wrapped(x Tensor, y, cx, h, w int) Tensor {
	height, width := x.Shape[2], x.Shape[3]
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	first := mod(cx, width)
	for p := range x.Shape[0] * x.Shape[1] {
		for r := range h {
			line := x.Data[(p*height+mod(y+r, height))*width:][:width]
			to := out.Data[(p*h+r)*w:][:w]
			for n := copy(to, line[first:]); n < w; {
				n += copy(to[n:], line)
			}
		}
	}
	return out
}

// mod is a modulo n, from 0 to n-1.
func mod(a, n int) int { return (a%n + n) % n }

// Crop is h x w places of every plane from (y, cx) on.
func Crop(x Tensor, y, cx, h, w int) Tensor {
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	for p := 0; p < x.Shape[0]*x.Shape[1]; p++ {
		for r := 0; r < h; r++ {
			from := (p*x.Shape[2]+y+r)*x.Shape[3] + cx
			copy(out.Data[(p*h+r)*w:(p*h+r+1)*w], x.Data[from:from+w])
		}
	}
	return out
}
