package family

import (
	"maps"
	"math"
	"slices"

	"nirvana/engine/tensor"
)

// unattended is the bias of a share of 0: softmax makes 0 of it, also in half precision, which -Inf could turn into NaN.
const unattended = -1e4

// ShareAttention is the input of text states, those of all texts one after the other, and each bias that divides
// cross-attention between them. shares are the texts' at every pixel of x_t, [1 or batch, text, height, width]; they sum to 1
// at each. A text's bias is the logarithm of its share: with 0 its words do not act there, and texts of the same words act as
// one. Longer texts have no more weight than shorter ones.
func (n *Network) ShareAttention(shares tensor.Tensor, texts ...tensor.Tensor) Condition {
	out := Condition{Hidden: tensor.ConcatChannels(texts...)}
	for _, b := range n.Biases {
		out[b.Name] = shareBias(positionMeans(shares, b.Stride), texts)
	}
	return out
}

// Alike makes two conditions of ShareAttention equally long, and gives their biases a row for each picture: nothing attends to
// the tokens that are added.
func (n *Network) Alike(a, b Condition, pictures int) (Condition, Condition) {
	tokens := max(a[Hidden].Shape[1], b[Hidden].Shape[1])
	return n.padded(a, tokens, pictures), n.padded(b, tokens, pictures)
}

func (n *Network) padded(c Condition, tokens, pictures int) Condition {
	out := maps.Clone(c)
	if more := tokens - c[Hidden].Shape[1]; more > 0 {
		out[Hidden] = tensor.ConcatChannels(c[Hidden], tensor.Zeros(1, more, c[Hidden].Shape[2]))
	}
	for _, b := range n.Biases {
		out[b.Name] = tensor.Spread(widened(c[b.Name], tokens), pictures)
	}
	return out
}

// widened is a bias [row, 1, position, token] with more tokens, which are not attended to.
func widened(bias tensor.Tensor, tokens int) tensor.Tensor {
	had := bias.Shape[3]
	if had == tokens {
		return bias
	}
	out := tensor.Zeros(bias.Shape[0], 1, bias.Shape[2], tokens)
	for i := range out.Data {
		if out.Data[i] = unattended; i%tokens < had {
			out.Data[i] = bias.Data[i/tokens*had+i%tokens]
		}
	}
	return out
}

// attended is how many of a text's tokens are not zero, as padding is that attention leaves out; at least 1.
func attended(text tensor.Tensor) (n int) {
	width := text.Shape[2]
	for i := range text.Shape[1] {
		if slices.ContainsFunc(text.Data[i*width:(i+1)*width], func(v float32) bool { return v != 0 }) {
			n++
		}
	}
	return max(n, 1)
}

// shareBias is [row, 1, position, token] of shares [row, text, position].
func shareBias(shares tensor.Tensor, texts []tensor.Tensor) tensor.Tensor {
	rows, positions := shares.Shape[0], shares.Shape[2]
	seen, all := make([]float64, len(texts)), 0
	for k, t := range texts {
		seen[k] = float64(attended(t))
		all += t.Shape[1]
	}
	fewest := slices.Min(seen)
	out := tensor.Zeros(rows, 1, positions, all)
	at := 0
	for r := range rows {
		for p := range positions {
			for k, t := range texts {
				share := float64(shares.Data[(r*len(texts)+k)*positions+p])
				v := float32(max(math.Log(share*fewest/seen[k]), unattended))
				for range t.Shape[1] {
					out.Data[at] = v
					at++
				}
			}
		}
	}
	return out
}

// positionMeans is [row, text, position] of planes [row, text, height, width]: the mean over the pixels of each position,
// which are fewer at the right and at the bottom where stride does not divide the sides.
func positionMeans(planes tensor.Tensor, stride int) tensor.Tensor {
	h, w := planes.Shape[2], planes.Shape[3]
	rows, columns := (h+stride-1)/stride, (w+stride-1)/stride
	out := tensor.Zeros(planes.Shape[0], planes.Shape[1], rows*columns)
	for k := range planes.Shape[0] * planes.Shape[1] {
		from, to := planes.Data[k*h*w:(k+1)*h*w], out.Data[k*rows*columns:]
		for i, v := range from {
			y, x := i/w/stride, i%w/stride
			pixels := min(stride, h-y*stride) * min(stride, w-x*stride)
			to[y*columns+x] += v / float32(pixels)
		}
	}
	return out
}
