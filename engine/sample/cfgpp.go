package sample

// PlusPlus is a sampler for CFG++ (Chung et al., "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion
// Models", 2024, algorithm 2): it takes x_0 from the guided prediction and renoises with the unconditional one.
type PlusPlus interface {
	Sampler
	StepPlus(s *State, out, uncond []float32, n Noise) error
}

// onward is Euler's step of x along the line from x_0 to the level to; with the x_0 of the unconditional prediction,
// from x_0 along that one's line. In float32, as in the paper's code.
func onward(x, x0, uncond []float32, from, to float64) []float32 {
	if uncond == nil {
		return added(1, x, float32(to)-float32(from), slope(x, x0, from))
	}
	return added(1, x0, float32(to), slope(x, uncond, from))
}
