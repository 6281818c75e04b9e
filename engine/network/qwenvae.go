package network

import (
	"math"

	"nirvana/engine/onnx/graphfile"
)

// qwenVAE writes an AutoencoderKLQwenImage (Wu et al., 2025), the autoencoder of Wan's videos (Wan Team, 2025) for one
// frame: its convolutions over time see zeros before the first frame, so that their last slice is a convolution over
// the picture, and its changes of the frame rate begin with the second frame.
type qwenVAE struct{ module }

// writeQwenVAE writes the half that the part names, with the inputs and outputs of writeVAE's.
func writeQwenVAE(g *graph, part string, _ []byte, _ bool) error {
	v := qwenVAE{module{graph: g}}
	if part == "vae_encoder" {
		v.encoder()
	} else {
		v.decoder()
	}
	return nil
}

func (v qwenVAE) encoder() {
	m := v.at("encoder")
	x := v.input("sample", graphfile.Float32, -1, int(m.dim("conv_in.weight", 1)), -1, -1)
	m.fixed("conv_in.weight", 1, pictureChannels)
	x = m.at("conv_in").causal(x)
	for i := range m.count("down_blocks") {
		if b := m.at("down_blocks", i); b.there("resample") {
			x = b.at("resample", 1).conv(x, 2, 0, 0, 1, 1)
		} else {
			x = v.residual(b, x)
		}
	}
	x = v.end(m, v.middle(m.at("mid_block"), x))
	if v.there("quant_conv") {
		x = v.at("quant_conv").causal(x)
	}
	v.output(x, "latent_parameters", -1, int(m.dim("conv_out.weight", 0)), -1, -1)
}

func (v qwenVAE) decoder() {
	m := v.at("decoder")
	x := v.input("latent_sample", graphfile.Float32, -1, int(m.dim("conv_in.weight", 1)), -1, -1)
	if v.there("post_quant_conv") {
		x = v.at("post_quant_conv").causal(x)
	}
	x = v.middle(m.at("mid_block"), m.at("conv_in").causal(x))
	for i := range m.count("up_blocks") {
		b := m.at("up_blocks", i)
		for k := range b.count("resnets") {
			x = v.residual(b.at("resnets", k), x)
		}
		if b.there("upsamplers") {
			up := b.at("upsamplers", 0, "resample", 1)
			x = up.conv(up.double(x), 1)
		}
	}
	m.fixed("conv_out.weight", 0, pictureChannels)
	v.output(v.end(m, x), "sample", -1, int(m.dim("conv_out.weight", 0)), -1, -1)
}

func (v qwenVAE) end(m module, x string) string {
	return m.at("conv_out").causal(m.silu(m.at("norm_out").channelNorm(x)))
}

func (v qwenVAE) middle(m module, x string) string {
	x = v.residual(m.at("resnets", 0), x)
	for i := range m.count("attentions") {
		x = v.residual(m.at("resnets", i+1), v.attend(m.at("attentions", i), x))
	}
	return x
}

func (v qwenVAE) residual(m module, x string) string {
	h := m.at("conv1").causal(m.silu(m.at("norm1").channelNorm(x)))
	h = m.at("conv2").causal(m.silu(m.at("norm2").channelNorm(h)))
	if m.there("conv_shortcut") {
		x = m.at("conv_shortcut").causal(x)
	}
	return m.add(h, x)
}

// attend is single-head attention over all positions.
func (v qwenVAE) attend(m module, x string) string {
	c := m.at("proj").outputs()
	rows := m.at("to_qkv").conv(m.at("norm").channelNorm(x), 1)
	parts := m.split(m.transpose(m.reshape(rows, 0, 3*c, -1), 0, 2, 1), -1, c, 3)
	h := m.transpose(m.attention(parts[0], parts[1], parts[2], c, 1), 0, 2, 1)
	return m.add(m.at("proj").conv(m.op("Reshape", nil, h, m.op("Shape", nil, x)), 1), x)
}

// causal is a convolution over time and picture of a first frame.
func (m module) causal(x string) string {
	t, ok := m.tensor(m.name("weight"))
	if !ok {
		return x
	}
	axes := m.ranked("weight", 5)
	if len(t.Shape) != 5 {
		return m.unconvolved(x, axes)
	}
	d := t.Shape
	if d[2] == 1 {
		return m.convolved(x, m.weight(m.name("weight"), d[0], d[1], d[3], d[4]), axes, d[3:], 1)
	}
	last := m.slice(m.weight(m.name("weight")), 2, d[2]-1, d[2])
	return m.convolved(x, m.reshape(last, d[0], d[1], d[3], d[4]), axes, d[3:], 1)
}

// channelNorm divides the channels of each pixel by the root of their mean square.
func (m module) channelNorm(x string) string {
	t, ok := m.tensor(m.name("gamma"))
	if !ok {
		return x
	}
	c := elements(t.Shape)
	if gamma := m.ranked("gamma", len(t.Shape)); c != m.dim("gamma", 0) && len(gamma) > 0 {
		odd := make([]*extent, len(gamma))
		for i := range odd {
			odd[i] = exactly(1)
		}
		odd[0] = m.channel(x)
		m.needs.odd[m.name("gamma")] = odd
		return x
	}
	if gamma := m.ranked("gamma", len(t.Shape)); len(gamma) > 0 {
		m.needs.equal(gamma[0], m.channel(x))
	}
	length := m.op("Sqrt", nil, m.op("ReduceSum", integer("keepdims", 1), m.mul(x, x), m.ints(1)))
	unit := m.op("Div", nil, x, m.op("Max", nil, length, m.number(1e-12)))
	return m.mul(m.mul(unit, m.number(float32(math.Sqrt(float64(c))))), m.weight(m.name("gamma"), c, 1, 1))
}
