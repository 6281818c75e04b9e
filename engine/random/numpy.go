package random

import "math"

// NumPy is numpy.random.RandomState, whose randn the ONNX pipelines of 2022
// drew in float64 and cast to float32.
type NumPy struct {
	mt    mersenne
	seed  uint32
	held  bool
	spare float64
}

// NewNumPy is RandomState(seed).
func NewNumPy(seed uint32) *NumPy {
	return &NumPy{mt: newMersenne(seed), seed: seed}
}

// State is the state for Restore.
func (n *NumPy) State() State {
	return State{"numpy", uint64(n.seed), n.mt.drawn, n.held, n.spare}
}

// Normal is randn(len(dst)).astype(float32).
func (n *NumPy) Normal(dst []float32) {
	for i := range dst {
		dst[i] = float32(n.gauss())
	}
}

// gauss is Marsaglia's polar method; the pair's second number comes out first.
func (n *NumPy) gauss() float64 {
	if n.held {
		n.held = false
		return n.spare
	}
	for {
		x1, x2 := 2*n.double()-1, 2*n.double()-1
		r2 := float64(x1*x1) + float64(x2*x2)
		if r2 >= 1 || r2 == 0 {
			continue
		}
		f := math.Sqrt(-2 * math.Log(r2) / r2)
		n.held, n.spare = true, f*x1
		return f * x2
	}
}

func (n *NumPy) double() float64 {
	a, b := n.mt.next()>>5, n.mt.next()>>6
	return (float64(a)*(1<<26) + float64(b)) / (1 << 53)
}
