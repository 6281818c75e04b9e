package family

import (
	"context"

	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Attended is a call that shows where the prompt's tokens act.
type Attended struct {
	Out tensor.Tensor
	// Tokens are the attention weights, [batch, token, height, width] in x_t's pixels: the mean over the heads and
	// blocks; those of a pixel sum to 1. No data where the network has no cross-attention that is known.
	Tokens tensor.Tensor
}

// CallAttending is Call with the attention weights of all blocks (Tang et al., "What the DAAM", 2022).
func (n *Network) CallAttending(ctx context.Context, x, t tensor.Tensor, c Condition, residuals []tensor.Tensor) (Attended, error) {
	a, ok := n.Graph.(graph.Attender)
	var strides []int
	if ok && len(x.Shape) == 4 {
		var err error
		if strides, err = a.CrossAttention(); err != nil {
			return Attended{}, err
		}
	}
	if len(strides) == 0 {
		out, err := n.Call(ctx, x, t, c, residuals, Reuse{})
		return Attended{Out: out}, err
	}
	in, err := n.inputs(x, t, c, residuals)
	if err != nil {
		return Attended{}, err
	}
	out, err := graph.InBatches(n.Graph, in, func(in map[string]tensor.Tensor) ([]tensor.Tensor, error) { return a.RunAttending(ctx, in) })
	if err == nil && !graph.AllFinite(out) {
		err = graph.Overflow(n.Part)
	}
	if err != nil {
		return Attended{}, err
	}
	maps := out[len(out)-len(strides):]
	return Attended{out[0], meanMap(maps, strides, x.Shape[2], x.Shape[3])}, nil
}

// EndAttending frees what CallAttending holds.
func (n *Network) EndAttending() error {
	if a, ok := n.Graph.(graph.Attender); ok {
		return a.EndAttending()
	}
	return nil
}

// meanMap is the mean of maps [batch, position, token] whose positions are strides wide, each brought to h x w pixels.
// Maps whose positions are not h x w's are left out.
func meanMap(maps []tensor.Tensor, strides []int, h, w int) tensor.Tensor {
	var sum tensor.Tensor
	n := float32(0)
	for i, m := range maps {
		rows, columns := (h+strides[i]-1)/strides[i], (w+strides[i]-1)/strides[i]
		if len(m.Shape) != 3 || m.Shape[1] != rows*columns || sum.Data != nil && m.Shape[2] != sum.Shape[1] {
			continue
		}
		if sum.Data == nil {
			sum = tensor.Zeros(m.Shape[0], m.Shape[2], h, w)
		}
		addEnlarged(sum, m, rows, columns)
		n++
	}
	for i := range sum.Data {
		sum.Data[i] /= n
	}
	return sum
}

// addEnlarged adds a map [batch, rows*columns, token] to planes [batch, token, h, w], bilinearly between the centres of
// its positions.
func addEnlarged(to, m tensor.Tensor, rows, columns int) {
	tokens, h, w := to.Shape[1], to.Shape[2], to.Shape[3]
	ys, xs := between(rows, h), between(columns, w)
	for b := range to.Shape[0] {
		from := m.Row(b).Data
		for y, v := range ys {
			for x, u := range xs {
				top, low := from[(v.at*columns)*tokens:], from[(v.next*columns)*tokens:]
				for k := range tokens {
					upper := top[u.at*tokens+k]*(1-u.share) + top[u.next*tokens+k]*u.share
					lower := low[u.at*tokens+k]*(1-u.share) + low[u.next*tokens+k]*u.share
					to.Data[((b*tokens+k)*h+y)*w+x] += upper*(1-v.share) + lower*v.share
				}
			}
		}
	}
}

// place is one between two positions.
type place struct {
	at, next int
	share    float32 // of next
}

// between are the places of n pixels among so many positions.
func between(positions, n int) []place {
	out := make([]place, n)
	for i := range out {
		f := max((float64(i)+0.5)*float64(positions)/float64(n)-0.5, 0)
		at := min(int(f), positions-1)
		out[i] = place{at, min(at+1, positions-1), float32(f - float64(at))}
	}
	return out
}
