package random

import "math"

// Torch is torch.Generator on a CPU: torch.manual_seed, torch.randn in float32
// for contiguous tensors, torch.rand and torch.randint. Tensors of 16 elements
// and more take torch's vectorised path as x86-64 processors with AVX2 run it;
// on others torch itself differs by up to 4e-7.
type Torch struct {
	mt    mersenne
	seed  uint64
	held  bool
	spare float64
}

// NewTorch seeds a generator. Like torch it uses the low 32 bits of the seed.
func NewTorch(seed uint64) *Torch {
	return &Torch{mt: newMersenne(uint32(seed)), seed: seed}
}

// State is the state for Restore.
func (t *Torch) State() State {
	return State{"torch", t.seed, t.mt.drawn, t.held, t.spare}
}

// Normal is torch.randn of len(dst) elements.
func (t *Torch) Normal(dst []float32) {
	if len(dst) < blockSize {
		for i := range dst {
			dst[i] = float32(t.single())
		}
		return
	}
	t.Uniform(dst)
	whole := len(dst) / blockSize * blockSize
	for i := 0; i < whole; i += blockSize {
		boxMuller((*[blockSize]float32)(dst[i:]))
	}
	if whole < len(dst) { // the last block is drawn again and overlaps the one before
		tail := dst[len(dst)-blockSize:]
		t.Uniform(tail)
		boxMuller((*[blockSize]float32)(tail))
	}
}

// Uniform is torch.rand: numbers in [0, 1), multiples of 2^-24.
func (t *Torch) Uniform(dst []float32) {
	for i := range dst {
		dst[i] = float32(t.mt.next()&0xffffff) * (1.0 / (1 << 24))
	}
}

// Intn is torch.randint(0, n): 0 to n-1, for n of 1 to 2^32-1.
func (t *Torch) Intn(n int) int {
	return int(t.mt.next() % uint32(n))
}

// single is one number of a small tensor: Box-Muller in double precision, the
// pair's second number kept for the next small tensor.
func (t *Torch) single() float64 {
	if t.held {
		t.held = false
		return t.spare
	}
	u1, u2 := t.double(), t.double()
	r := math.Sqrt(-2 * math.Log1p(-u2))
	sin, cos := math.Sincos(2 * math.Pi * u1)
	t.held, t.spare = true, r*sin
	return r * cos
}

func (t *Torch) double() float64 {
	hi, lo := uint64(t.mt.next()), uint64(t.mt.next())
	return float64((hi<<32|lo)&(1<<53-1)) * (1.0 / (1 << 53))
}
