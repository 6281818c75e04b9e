package random

import (
	"math"
	"slices"
	"testing"
)

func TestSeedWords(t *testing.T) {
	// numpy.random.SeedSequence(0, pool_size=24).generate_state(4), and with spawn_key=(0, 0).
	want := []uint32{4025752534, 2687548107, 2326983537, 1576567101}
	if got := seedWords(4, 0); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	want = []uint32{245430115, 3436620678, 4120055464, 1627243804}
	if got := seedWords(4, 0, 0, 0); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBrownian(t *testing.T) {
	ref := load(t).Brownian
	for _, q := range ref.Queries {
		x := make([]float32, ref.Size)
		NewBrownian(q.Seed, ref.Min, ref.Max, ref.Size).Noise(x, q.From, q.To)
		same(t, "noise", x[:len(q.First)], q.First)
		var sum float64
		for _, v := range x {
			sum += float64(v)
		}
		if math.Abs(sum-q.Sum) > 1e-4 {
			t.Errorf("seed %d, %v to %v: sum %v, want %v", q.Seed, q.From, q.To, sum, q.Sum)
		}
	}
}

// TestBrownianOrder asks one tree for everything, forwards and backwards: what
// it has kept from before must not show.
func TestBrownianOrder(t *testing.T) {
	ref := load(t).Brownian
	kept := NewBrownian(42, ref.Min, ref.Max, 64)
	for round := range 3 {
		for i := range ref.Queries {
			q := ref.Queries[i]
			if round == 1 {
				q = ref.Queries[len(ref.Queries)-1-i]
			}
			a, b := make([]float32, 64), make([]float32, 64)
			kept.Noise(a, q.From, q.To)
			NewBrownian(42, ref.Min, ref.Max, 64).Noise(b, q.From, q.To)
			same(t, "kept tree", a, b)
		}
	}
	if len(kept.cuts) > 40 {
		t.Errorf("%d levels are kept", len(kept.cuts))
	}
}

func TestBrownianEdges(t *testing.T) {
	b := NewBrownian(1, 0, 1, 20)
	x, y := make([]float32, 20), make([]float32, 20)
	b.Noise(x, 0.5, 0.5)
	same(t, "no step", x, make([]float32, 20))
	b.Noise(x, 1e-6, 2e-6)
	b.Noise(y, 2e-6, 1e-6)
	for i := range x {
		if x[i] != -y[i] || x[i] == 0 || math.IsNaN(float64(x[i])) {
			t.Fatalf("down is not minus up: %v and %v", x[i], y[i])
		}
	}
	b.Noise(x, 2, -1) // held to the ends
	b.Noise(y, 1, 0)
	for i := range x {
		if got, want := float64(x[i])*math.Sqrt(3), float64(y[i]); math.Abs(got-want) > 1e-5 {
			t.Fatalf("past the ends: %v, want %v", got, want)
		}
	}
}

// TestBrownianVariance: increments are standard normal once divided, and independent of their neighbours.
func TestBrownianVariance(t *testing.T) {
	const n = 1 << 14
	b := NewBrownian(3, 0.03, 14.6, n)
	x, y := make([]float32, n), make([]float32, n)
	b.Noise(x, 14.6, 7.7)
	b.Noise(y, 7.7, 0.4)
	var xx, yy, xy float64
	for i := range x {
		xx += float64(x[i] * x[i])
		yy += float64(y[i] * y[i])
		xy += float64(x[i] * y[i])
	}
	if math.Abs(xx/n-1) > 0.05 || math.Abs(yy/n-1) > 0.05 || math.Abs(xy/n) > 0.05 {
		t.Errorf("variances %v and %v, covariance %v", xx/n, yy/n, xy/n)
	}
}

func TestSlerp(t *testing.T) {
	a, b := draw(NewTorch(1), 4096), draw(NewTorch(2), 4096)
	dst := make([]float32, 4096)
	Slerp(dst, a, b, 0)
	same(t, "share 0", dst, a)
	Slerp(dst, a, b, 1)
	same(t, "share 1", dst, b)
	norm := func(x []float32) (s float64) {
		for _, v := range x {
			s += float64(v) * float64(v)
		}
		return math.Sqrt(s)
	}
	Slerp(dst, a, b, 0.5)
	if got, want := norm(dst), (norm(a)+norm(b))/2; math.Abs(got-want) > 0.01*want {
		t.Errorf("halfway the noise has length %v, want %v", got, want)
	}
	Slerp(dst[:2], []float32{1, 0}, []float32{0, 1}, 1.0/3)
	if math.Abs(float64(dst[0])-math.Sqrt(3)/2) > 1e-6 || math.Abs(float64(dst[1])-0.5) > 1e-6 {
		t.Errorf("a third of a right angle is %v", dst[:2])
	}
	Slerp(dst[:2], []float32{2, 2}, []float32{2, 2}, 0.3)
	same(t, "same noise", dst[:2], []float32{2, 2})
	copied := slices.Clone(a)
	Slerp(copied, copied, b, 0.2)
	Slerp(dst, a, b, 0.2)
	same(t, "in place", copied, dst)
}
