package network

import (
	"math"

	"nirvana/engine/onnx/graphfile"
)

// waveWidth is the width of the transformers' embeddings of timesteps.
const waveWidth = 256

// sinusoid is the sinusoidal embedding of width channels (Ho et al., 2020, as in diffusers' Timesteps), [n, width] of
// t [n]. shift is 1 where the slowest wave is reached by the last channel. factor multiplies t.
func (m module) sinusoid(t string, width int64, cosFirst bool, shift float32, factor float32) string {
	half := width / 2
	f := make([]float32, half)
	for i := range f { // rounded as torch rounds it
		e := float32(-math.Log(10000)) * float32(i) / (float32(half) - shift)
		f[i] = float32(math.Exp(float64(e)))
	}
	t = m.op("Unsqueeze", nil, t, m.ints(1))
	angle := m.mul(t, m.floats([]int64{1, half}, f))
	if factor != 1 {
		angle = m.mul(m.number(factor), angle)
	}
	sin, cos := m.op("Sin", nil, angle), m.op("Cos", nil, angle)
	if cosFirst {
		return m.concat(-1, cos, sin)
	}
	return m.concat(-1, sin, cos)
}

// timestepInput is the graph's timestep input, one for the whole batch, as a list of one number.
func (m module) timestepInput() string {
	return m.reshape(m.input("timestep", graphfile.Float32), 1)
}

// embedding is two linear layers with SiLU between them: diffusers' TimestepEmbedding, and similar ones for text.
func (m module) embedding(x string) string {
	m.needs.equal(m.ranked("linear_1.weight", 2)[0], m.ranked("linear_2.weight", 2)[0])
	return m.at("linear_2").linear(m.silu(m.at("linear_1").linear(x)))
}
