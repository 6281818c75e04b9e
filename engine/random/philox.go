package random

import (
	"math"
	"math/bits"
)

// Philox draws as torch.randn does on a CUDA device: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", 2011), one counter an element. Its choice of numbers is exact for tensors that fit a device's threads
// at once, some 100000 elements; sines and logarithms are a CPU's, so values may differ from a device's by about
// 1e-6.
type Philox struct {
	seed  uint64
	calls uint32 // the counter's offset: tensors drawn so far
}

// NewPhilox seeds a generator with all 64 bits.
func NewPhilox(seed uint64) *Philox { return &Philox{seed: seed} }

// State is the state for Restore.
func (p *Philox) State() State {
	return State{Kind: "philox", Seed: p.seed, Drawn: uint64(p.calls)}
}

// Normal is torch.randn of len(dst) elements on the device.
func (p *Philox) Normal(dst []float32) {
	const step = float64(float32(2.3283064e-10)) // 2^-32
	for i := range dst {
		a, b := philox(p.calls, uint32(i), p.seed)
		u := float64(float64(a)*step) + step/2
		v := (float64(float64(b)*step) + step/2) * 2 * math.Pi
		dst[i] = float32(math.Sqrt(-2*math.Log(u)) * math.Sin(v))
	}
	p.calls++
}

// philox returns the first two of the four words for a counter.
func philox(offset, element uint32, seed uint64) (uint32, uint32) {
	c0, c1, c2, c3 := offset, uint32(0), element, uint32(0)
	k0, k1 := uint32(seed), uint32(seed>>32)
	for range 10 {
		h1, l1 := bits.Mul32(c0, 0xD2511F53)
		h2, l2 := bits.Mul32(c2, 0xCD9E8D57)
		c0, c1, c2, c3 = h2^c1^k0, l2, h1^c3^k1, l1
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return c0, c1
}
