package network

import (
	"nirvana/engine/onnx/graphfile"
)

// taesd writes an AutoencoderTiny (Bohan, 2023): convolutions and blocks of three in sequence, numbered
// consecutively.
type taesd struct{ module }

// writeTAESD writes the half that the part names: sample [batch, 3, h, w] -> latent_sample, or the reverse.
func writeTAESD(g *graph, part string, _ []byte, _ bool) error {
	t := &taesd{module{graph: g}}
	if part == "vae_encoder" {
		m := t.at("encoder")
		x := t.input("sample", graphfile.Float32, -1, int(m.dim("layers.0.weight", 1)), -1, -1)
		m.fixed("layers.0.weight", 1, pictureChannels)
		x = m.mul(m.add(x, m.number(1)), m.number(0.5)) // it was trained on 0 to 1
		x = t.layers(m, x)
		t.output(x, "latent_sample", -1, int(m.dim(lastLayer(m)+".weight", 0)), -1, -1)
		return nil
	}
	m := t.at("decoder")
	x := t.input("latent_sample", graphfile.Float32, -1, int(m.dim("layers.0.weight", 1)), -1, -1)
	x = m.mul(m.op("Tanh", nil, m.op("Div", nil, x, m.number(3))), m.number(3))
	x = t.layers(m, x)
	m.fixed(lastLayer(m)+".weight", 0, pictureChannels)
	x = m.op("Sub", nil, m.mul(x, m.number(2)), m.number(1))
	t.output(x, "sample", -1, int(m.dim(lastLayer(m)+".weight", 0)), -1, -1)
	return nil
}

// numbered are the layers with weights, by their numbers.
func numbered(m module) []int {
	var out []int
	for i := range 64 {
		if m.there("layers", i) {
			out = append(out, i)
		}
	}
	return out
}

func lastLayer(m module) string {
	all := numbered(m)
	if len(all) == 0 {
		return "layers"
	}
	return m.graph.layer(all[len(all)-1])
}

func (g *graph) layer(n int) string { return module{graph: g}.at("layers", n).path }

// layers runs them in order. Missing numbers are an activation after the decoder's first convolution, and upsampling
// by two before its later ones; the encoder's convolutions without bias halve the side.
func (t *taesd) layers(m module, x string) string {
	before := -1
	for _, n := range numbered(m) {
		l := m.at("layers", n)
		switch gap := n - before - 1; {
		case gap > 0 && before == 0:
			x = l.op("Relu", nil, x)
		case gap > 0:
			x = l.double(x)
		}
		before = n
		switch {
		case l.has("weight") && !l.has("bias") && m.path == "encoder":
			x = l.conv(x, 2)
		case l.has("weight"):
			x = l.conv(x, 1)
		default:
			x = t.block(l, x)
		}
	}
	return x
}

// block is three convolutions with a skip connection.
func (t *taesd) block(m module, x string) string {
	h := m.op("Relu", nil, m.at("conv", 0).conv(x, 1))
	h = m.op("Relu", nil, m.at("conv", 2).conv(h, 1))
	h = m.at("conv", 4).conv(h, 1)
	if m.there("skip") {
		x = m.at("skip").conv(x, 1)
	}
	return m.op("Relu", nil, m.add(h, x))
}
