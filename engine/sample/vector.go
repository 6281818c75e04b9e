package sample

import "math"

// term is one term of a linear combination.
type term struct {
	c float64
	v []float32
}

// sum is the linear combination of vectors of equal length, in a new one; computed in double precision and rounded
// once.
func sum(terms ...term) []float32 {
	out := make([]float32, len(terms[0].v))
	switch len(terms) {
	case 1:
		a, x := terms[0].c, terms[0].v[:len(out)]
		for i := range out {
			out[i] = float32(a * float64(x[i]))
		}
	case 2:
		a, x, b, y := terms[0].c, terms[0].v[:len(out)], terms[1].c, terms[1].v[:len(out)]
		for i := range out {
			out[i] = float32(float64(a*float64(x[i])) + float64(b*float64(y[i])))
		}
	default:
		for i := range out {
			s := 0.0
			for _, t := range terms {
				s += float64(t.c * float64(t.v[i]))
			}
			out[i] = float32(s)
		}
	}
	return out
}

// added is a x + b y, every product and sum rounded to float32.
func added(a float32, x []float32, b float32, y []float32) []float32 {
	out := make([]float32, len(x))
	for i := range out {
		out[i] = float32(a*x[i]) + float32(b*y[i])
	}
	return out
}

// slope is (x - x0) / sigma in float32, the derivative along the flow.
func slope(x, x0 []float32, sigma float64) []float32 {
	out := make([]float32, len(x))
	for i := range out {
		out[i] = (x[i] - x0[i]) / float32(sigma)
	}
	return out
}

// draw is a vector of n normal numbers.
func draw(n Noise, size int) []float32 {
	z := make([]float32, size)
	n.Normal(z)
	return z
}

func clone(x []float32) []float32 { return append([]float32(nil), x...) }

// push puts v behind memory and keeps the last n.
func push(memory [][]float32, v []float32, n int) [][]float32 {
	memory = append(memory, v)
	if len(memory) > n {
		memory = append([][]float32(nil), memory[len(memory)-n:]...)
	}
	return memory
}

// back is the i-th entry from the end: 0 the last.
func back(memory [][]float32, i int) []float32 { return memory[len(memory)-1-i] }

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// narrowed rounds every number to float32, in which diffusers keeps its tables.
func narrowed(x []float64) []float64 { return widen(narrow(x)) }

func truncated(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Trunc(v)
	}
	return out
}

func rounded(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.RoundToEven(v)
	}
	return out
}

func reversed[T any](x []T) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[len(x)-1-i] = v
	}
	return out
}

// repeated is x with every entry n times.
func repeated(x []float64, n int) []float64 {
	out := make([]float64, 0, n*len(x))
	for _, v := range x {
		for range n {
			out = append(out, v)
		}
	}
	return out
}
