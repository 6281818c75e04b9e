package sample

// PlusPlus is a sampler that can go on from x_0 by another answer of the network than the one
// that it found x_0 by: CFG++ (Chung et al., "CFG++: Manifold-constrained Classifier Free
// Guidance for Diffusion Models", 2024, algorithm 2) takes the unguided one, bare.
type PlusPlus interface {
	Sampler
	StepPlus(s *State, out, bare []float32, n Noise) error
}

// onward is x at a share r of its way from x_0, on the line through both, or, where there is an
// x_0 of the unguided answer, as far from x_0 as x was from that one.
func onward(x, x0, bare []float32, r float64) []float32 {
	if bare == nil {
		return sum(term{r, x}, term{1 - r, x0})
	}
	return sum(term{1, x0}, term{r, x}, term{-r, bare})
}
