package random

const (
	mtWords = 624
	mtShift = 397
)

// mersenne is MT19937 (Matsumoto and Nishimura, 1998), seeded as in their
// second version of 2002 with one 32-bit word.
type mersenne struct {
	words [mtWords]uint32
	at    int    // next word to return
	drawn uint64 // words returned since seeding
}

func newMersenne(seed uint32) mersenne {
	var m mersenne
	m.words[0] = seed
	for j := 1; j < mtWords; j++ {
		p := m.words[j-1]
		m.words[j] = 1812433253*(p^p>>30) + uint32(j)
	}
	m.at = mtWords
	return m
}

func twist(hi, lo, far uint32) uint32 {
	y := hi&0x80000000 | lo&0x7fffffff
	return far ^ y>>1 ^ -(y&1)&0x9908b0df
}

// regenerate makes the next 624 words.
func (m *mersenne) regenerate() {
	w := &m.words
	for j := 0; j < mtWords-mtShift; j++ {
		w[j] = twist(w[j], w[j+1], w[j+mtShift])
	}
	for j := mtWords - mtShift; j < mtWords-1; j++ {
		w[j] = twist(w[j], w[j+1], w[j+mtShift-mtWords])
	}
	w[mtWords-1] = twist(w[mtWords-1], w[0], w[mtShift-1])
	m.at = 0
}

func (m *mersenne) next() uint32 {
	if m.at == mtWords {
		m.regenerate()
	}
	y := m.words[m.at]
	m.at++
	m.drawn++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// skip discards n words of a freshly seeded generator.
func (m *mersenne) skip(n uint64) {
	m.drawn += n
	for ; n > 0; n -= min(n, mtWords) {
		m.regenerate()
		m.at = int(min(n, mtWords))
	}
}
