package pixel

import (
	"image"
	"math"
)

// Distance is, for every pixel, the Euclidean distance in px to the nearest pixel of the mask that is below 128
// (inside true), or at least 128 (inside false); exact, in linear time (Felzenszwalb & Huttenlocher, 2012). Pixels
// outside of the picture do not count.
func Distance(m *Mask, inside bool) []float32 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	const far = 1e20
	d := make([]float64, w*h)
	for i := range d {
		if (m.Pix[i/w*m.Stride+i%w] >= 128) == inside {
			d[i] = far
		}
	}
	line, out := make([]float64, max(w, h)), make([]float64, max(w, h))
	e := envelope{make([]int, max(w, h)+1), make([]float64, max(w, h)+2)}
	for x := 0; x < w; x++ {
		for y := 0; y < h; y++ {
			line[y] = d[y*w+x]
		}
		e.transform(out[:h], line[:h])
		for y := 0; y < h; y++ {
			d[y*w+x] = out[y]
		}
	}
	result := make([]float32, w*h)
	for y := 0; y < h; y++ {
		e.transform(out[:w], d[y*w:(y+1)*w])
		for x := 0; x < w; x++ {
			result[y*w+x] = float32(math.Sqrt(min(out[x], far)))
		}
	}
	return result
}

// envelope is the lower envelope of parabolas.
type envelope struct {
	at []int
	to []float64
}

func (e envelope) transform(out, f []float64) {
	k := 0
	e.at[0], e.to[0], e.to[1] = 0, math.Inf(-1), math.Inf(1)
	meet := func(q, p int) float64 {
		return ((f[q] + float64(q*q)) - (f[p] + float64(p*p))) / float64(2*q-2*p)
	}
	for q := 1; q < len(f); q++ {
		s := meet(q, e.at[k])
		for s <= e.to[k] {
			k--
			s = meet(q, e.at[k])
		}
		k++
		e.at[k], e.to[k], e.to[k+1] = q, s, math.Inf(1)
	}
	k = 0
	for q := range f {
		for e.to[k+1] < float64(q) {
			k++
		}
		p := e.at[k]
		out[q] = float64((q-p)*(q-p)) + f[p]
	}
}

// Grow grows the mask by px, and shrinks it where px is negative. Soft edges become hard.
func Grow(m *Mask, px int) *Mask {
	out := image.NewGray(m.Rect)
	if px == 0 {
		copy(out.Pix, m.Pix)
		return out
	}
	d := Distance(m, px < 0)
	for i, v := range d {
		if px > 0 && v <= float32(px) || px < 0 && v > float32(-px) {
			out.Pix[i] = 255
		}
	}
	return out
}

// Invert swaps what is repainted and what is kept.
func Invert(m *Mask) *Mask {
	out := image.NewGray(m.Rect)
	for i, v := range m.Pix {
		out.Pix[i] = 255 - v
	}
	return out
}
