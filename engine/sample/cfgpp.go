package sample

// PlusPlus is a sampler that can go on from x_0 by another answer of the network than the one
// that it found x_0 by: CFG++ (Chung et al., "CFG++: Manifold-constrained Classifier Free
// Guidance for Diffusion Models", 2024, algorithm 2) takes the unconditional one.
type PlusPlus interface {
	Sampler
	StepPlus(s *State, out, uncond []float32, n Noise) error
}

// onward is Euler's step of x along the line from x_0 to the level to, or, where there is an x_0
// of the unguided answer, from x_0 along the line from that one. In float32, as there.
func onward(x, x0, uncond []float32, from, to float64) []float32 {
	if uncond == nil {
		return added(1, x, float32(to)-float32(from), slope(x, x0, from))
	}
	return added(1, x0, float32(to), slope(x, uncond, from))
}
