package network

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// vae writes an AutoencoderKL (Kingma and Welling, 2013; Rombach et al., 2022), or an AutoencoderKLFlux2, see vaeflux2.go.
type vae struct {
	module
	Groups  int64   `json:"norm_num_groups"`
	Act     string  `json:"act_fn"`
	Epsilon float32 `json:"batch_norm_eps"`
	Latents int64   `json:"latent_channels"`
}

const (
	vaeEpsilon      = 1e-6
	pictureChannels = 3
)

// writeVAE writes the half that the part names: sample [batch, 3, h, w] -> latent_parameters, mean and logarithm of
// the variance [batch, 2c, h/8, w/8]; or latent_sample [batch, c, h, w] -> sample. FLUX.2's encoder gives latent_sample, the
// mean alone, and both halves have patches of 2 x 2 latent pixels as channels.
func writeVAE(g *graph, part string, config []byte, _ bool) error {
	v := &vae{module: module{graph: g}, Groups: 32, Act: "silu", Epsilon: 1e-4}
	if err := json.Unmarshal(config, v); err != nil {
		return fault.Incomplete.Errorf("%s/config.json is not as diffusers writes it: fetch the file again: %w", part, err)
	}
	if part == "vae_encoder" {
		v.encoder()
	} else {
		v.decoder()
	}
	return nil
}

func (v *vae) encoder() {
	m := v.at("encoder")
	x := v.input("sample", graphfile.Float32, -1, int(m.dim("conv_in.weight", 1)), -1, -1)
	m.fixed("conv_in.weight", 1, pictureChannels)
	x = m.at("conv_in").conv(x, 1)
	for i := range m.count("down_blocks") {
		b := m.at("down_blocks", i)
		for k := range b.count("resnets") {
			x = v.residual(b.at("resnets", k), x)
		}
		if b.there("downsamplers") {
			x = b.at("downsamplers", 0, "conv").conv(x, 2, 0, 0, 1, 1)
		}
	}
	x = v.middle(m.at("mid_block"), x)
	x = v.end(m, x)
	if v.there("quant_conv") {
		x = v.at("quant_conv").conv(x, 1)
		v.needs.equal(m.ranked("conv_out.weight", 4)[0], v.channel(x))
	}
	if v.Latents > 0 {
		m.fixed("conv_out.weight", 0, 2*v.Latents)
	}
	if v.there("bn") {
		v.standardised(x, m.dim("conv_out.weight", 0)/2)
		return
	}
	v.output(x, "latent_parameters", -1, int(m.dim("conv_out.weight", 0)), -1, -1)
}

func (v *vae) decoder() {
	m := v.at("decoder")
	channels := m.dim("conv_in.weight", 1)
	if v.Latents > 0 {
		m.fixed("conv_in.weight", 1, v.Latents)
	}
	var x string
	if v.there("bn") {
		x = v.restored(channels)
	} else {
		x = v.input("latent_sample", graphfile.Float32, -1, int(channels), -1, -1)
	}
	if v.there("post_quant_conv") {
		x = v.at("post_quant_conv").conv(x, 1)
		v.needs.equal(v.ranked("post_quant_conv.weight", 4)[1], v.channel(x))
	}
	x = v.middle(m.at("mid_block"), m.at("conv_in").conv(x, 1))
	for i := range m.count("up_blocks") {
		b := m.at("up_blocks", i)
		for k := range b.count("resnets") {
			x = v.residual(b.at("resnets", k), x)
		}
		if b.there("upsamplers") {
			up := b.at("upsamplers", 0)
			x = up.at("conv").conv(up.double(x), 1)
		}
	}
	m.fixed("conv_out.weight", 0, pictureChannels)
	v.output(v.end(m, x), "sample", -1, int(m.dim("conv_out.weight", 0)), -1, -1)
}

func (v *vae) end(m module, x string) string {
	return m.at("conv_out").conv(m.act(v.Act, m.at("conv_norm_out").groupNorm(x, v.Groups, vaeEpsilon)), 1)
}

func (v *vae) middle(m module, x string) string {
	x = v.residual(m.at("resnets", 0), x)
	if m.there("attentions") {
		x = v.attend(m.at("attentions", 0), x)
	}
	return v.residual(m.at("resnets", 1), x)
}

func (v *vae) residual(m module, x string) string {
	h := m.at("conv1").conv(m.act(v.Act, m.at("norm1").groupNorm(x, v.Groups, vaeEpsilon)), 1)
	h = m.at("conv2").conv(m.act(v.Act, m.at("norm2").groupNorm(h, v.Groups, vaeEpsilon)), 1)
	if m.there("conv_shortcut") {
		x = m.at("conv_shortcut").conv(x, 1)
	}
	return m.add(x, h)
}

// attend is single-head attention over all positions.
func (v *vae) attend(m module, x string) string {
	c := m.at("group_norm").outputs()
	h := m.at("group_norm").groupNorm(x, v.Groups, vaeEpsilon)
	t := m.transpose(m.reshape(h, 0, c, -1), 0, 2, 1)
	t = m.crossAttention(t, t, 1)
	h = m.op("Reshape", nil, m.transpose(t, 0, 2, 1), m.op("Shape", nil, x))
	return m.add(h, x)
}
