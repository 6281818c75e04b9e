package random

// poolSize is numpy's SeedSequence pool_size as torchsde sets it.
const poolSize = 24

// seedWords are the first n words that numpy's SeedSequence(entropy,
// spawn_key=path, pool_size=24) generates. It hashes after M. E. O'Neill,
// "Developing a seed_seq alternative", 2015.
func seedWords(n int, entropy uint64, path ...uint64) []uint32 {
	in := words32(entropy)
	if len(path) > 0 {
		for len(in) < poolSize {
			in = append(in, 0)
		}
		for _, p := range path {
			in = append(in, words32(p)...)
		}
	}
	var pool [poolSize]uint32
	h := hasher{0x43b0d7e5, 0x931e8875}
	for i := range pool {
		if i < len(in) {
			pool[i] = h.hash(in[i])
		} else {
			pool[i] = h.hash(0)
		}
	}
	for src := range pool {
		for dst := range pool {
			if src != dst {
				pool[dst] = mix(pool[dst], h.hash(pool[src]))
			}
		}
	}
	for _, w := range in[min(poolSize, len(in)):] {
		for dst := range pool {
			pool[dst] = mix(pool[dst], h.hash(w))
		}
	}
	out := make([]uint32, n)
	g := hasher{0x8b51f9dd, 0x58f38ded}
	for i := range out {
		out[i] = g.hash(pool[i%poolSize])
	}
	return out
}

// words32 splits a number into its 32-bit words, the lowest first; 0 is one word.
func words32(v uint64) []uint32 {
	if v>>32 == 0 {
		return []uint32{uint32(v)}
	}
	return []uint32{uint32(v), uint32(v >> 32)}
}

// hasher hashes words; its constant changes with every word.
type hasher struct{ at, factor uint32 }

func (h *hasher) hash(v uint32) uint32 {
	v ^= h.at
	h.at *= h.factor
	v *= h.at
	return v ^ v>>16
}

func mix(x, y uint32) uint32 {
	r := x*0xca01f9dd - y*0x4973f715
	return r ^ r>>16
}
