package random

import (
	"math"
	"strconv"
)

// Brownian is Brownian motion over the noise levels of a run, the noise of the SDE samplers: the increments of
// overlapping steps agree, however many steps there are and in whatever order they are drawn. Its numbers are those
// of torchsde's BrownianTree, which k-diffusion and diffusers use.
//
// The motion is a binary tree of intervals cut in their middle. Each cut draws its noise from a seed of its own, so a
// tree needs no state: one of the same seed and ends is the same tree. The last path walked is kept, two tensors a
// level and about 25 levels at most.
type Brownian struct {
	seed   uint64
	t0, t1 float64
	size   int
	root   []float32
	cuts   []cut // by depth
	noise  []float32
}

// cut is the two halves of an interval; key and depth alone determine their contents.
type cut struct {
	key         uint64 // which interval of its depth
	left, right []float32
}

// span is one node of the tree: increments over [a, b].
type span struct {
	a, b  float64
	key   uint64
	depth int
	w     []float32
}

// NewBrownian returns a tree over noise levels t0 to t1 (in either order) for tensors of size elements.
func NewBrownian(seed uint64, t0, t1 float64, size int) *Brownian {
	t0, t1 = min(t0, t1), max(t0, t1)
	b := &Brownian{seed: seed, t0: round6(t0), t1: round6(t1), size: size}
	b.root, b.noise = make([]float32, size), make([]float32, size)
	NewTorch(uint64(seedWords(1, seed)[0])).Normal(b.root)
	factor := float32(math.Sqrt(t1 - t0))
	for i := range b.root {
		b.root[i] *= factor
	}
	return b
}

// Noise fills dst with standard normal noise for the step between the noise levels from and to: the motion's
// increment over the square root of its length, negative where the level rises. Levels are clamped to the tree's
// ends. With from equal to to the noise is zero. len(dst) must be the tree's size.
func (b *Brownian) Noise(dst []float32, from, to float64) {
	clear(dst)
	lo, hi := b.hold(min(from, to)), b.hold(max(from, to))
	if lo >= hi {
		return
	}
	b.add(dst, span{b.t0, b.t1, 0, 0, b.root}, lo, hi)
	scale := sqrt32(float32(math.Abs(float64(float32(to) - float32(from)))))
	if from > to {
		scale = -scale
	}
	for i := range dst {
		dst[i] /= scale
	}
}

// add sums the increments of the fewest nodes that make up [lo, hi], from left to right.
func (b *Brownian) add(dst []float32, s span, lo, hi float64) {
	if hi <= s.a || lo >= s.b {
		return
	}
	m := round6((s.a + s.b) / 2)
	if lo <= s.a && s.b <= hi || m <= s.a || m >= s.b {
		for i, w := range s.w {
			dst[i] += w
		}
		return
	}
	c := b.halves(s, m)
	b.add(dst, span{s.a, m, 2 * s.key, s.depth + 1, c.left}, lo, hi)
	b.add(dst, span{m, s.b, 2*s.key + 1, s.depth + 1, c.right}, lo, hi)
}

// halves cuts a node at m by a Brownian bridge.
func (b *Brownian) halves(s span, m float64) cut {
	if s.depth < len(b.cuts) && b.cuts[s.depth].key == s.key {
		return b.cuts[s.depth]
	}
	if s.depth == len(b.cuts) {
		b.cuts = append(b.cuts, cut{left: make([]float32, b.size), right: make([]float32, b.size)})
	}
	c := &b.cuts[s.depth]
	c.key = s.key

	l, r, h := m-s.a, s.b-m, 1/(s.b-s.a)
	l32, h32, spread := float32(l), float32(h), float32(math.Sqrt(l*r*h))
	NewTorch(uint64(seedWords(1, b.seed, s.key, uint64(s.depth))[0])).Normal(b.noise)
	for i, w := range s.w {
		c.left[i] = float32(float32(l32*w)*h32) + float32(spread*b.noise[i])
		c.right[i] = w - c.left[i]
	}
	return *c
}

func (b *Brownian) hold(t float64) float64 { return round6(min(max(t, b.t0), b.t1)) }

// round6 rounds to six decimals, exactly as the decimal notation does.
func round6(t float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(t, 'f', 6, 64), 64)
	if err != nil {
		return t
	}
	return r
}
