package family

import (
	"math"
	"testing"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Each position's shares are the mean over its latent pixels, fewer at the edges; softmax over even scores gives them back,
// whatever the texts' lengths, and nothing to a part without a share.
func TestShareAttention(t *testing.T) {
	n := Network{Biases: []graph.Bias{{Name: "fine", Stride: 1}, {Name: "coarse", Stride: 4}}}
	h, w, tokens := 6, 10, []int{7, 3, 154}
	shares := tensor.Zeros(2, 3, h, w)
	at := func(r, k, y, x int) float64 {
		switch {
		case k == 0:
			return float64((x+r)%10) / 20
		case k == 1 && y < 4:
			return 0
		}
		rest := 1 - float64((x+r)%10)/20
		if y < 4 {
			return rest
		}
		return rest / 2
	}
	for i := range shares.Data {
		shares.Data[i] = float32(at(i/(3*h*w), i/(h*w)%3, i/w%h, i%w))
	}
	var texts []tensor.Tensor
	for k, n := range tokens {
		text := tensor.Zeros(1, n+k, 2) // the last k are padding
		for i := range 2 * n {
			text.Data[i] = float32(i%3 - 1)
		}
		texts = append(texts, text)
	}
	all := n.ShareAttention(shares, texts...)
	if s := all[Hidden].Shape; s[1] != 167 {
		t.Errorf("the texts are %v", s)
	}
	delete(all, Hidden)
	for name, b := range all {
		stride := map[string]int{"fine": 1, "coarse": 4}[name]
		columns := (w + stride - 1) / stride
		positions := (h + stride - 1) / stride * columns
		if b.Shape[0] != 2 || b.Shape[1] != 1 || b.Shape[2] != positions || b.Shape[3] != 167 {
			t.Fatalf("%s is %v", name, b.Shape)
		}
		for r := range 2 {
			for p := range positions {
				checkPosition(t, b.Row(r).Data[p*167:][:167], tokens, func(k int) (mean float64) {
					pixels := 0.0
					for y := p / columns * stride; y < min(h, (p/columns+1)*stride); y++ {
						for x := p % columns * stride; x < min(w, (p%columns+1)*stride); x++ {
							mean += at(r, k, y, x)
							pixels++
						}
					}
					return mean / pixels
				})
			}
		}
	}
}

func checkPosition(t *testing.T, bias []float32, tokens []int, want func(part int) float64) {
	t.Helper()
	var sums []float64
	all, i := 0.0, 0
	for k, n := range tokens {
		sum := 0.0
		for range n {
			sum += math.Exp(float64(bias[i]))
			i++
		}
		i += k
		all, sums = all+sum, append(sums, sum)
	}
	for k, sum := range sums {
		sum /= all
		if math.Abs(sum-want(k)) > 1e-5 {
			t.Fatalf("part %d has %g, not %g", k, sum, want(k))
		}
	}
}
