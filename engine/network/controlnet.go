package network

import (
	"fmt"

	"nirvana/engine/onnx/graphfile"
)

// writeControlNet writes diffusers' ControlNetModel (Zhang et al., 2023): a U-Net's first half, with the further
// inputs controlnet_cond [batch, 3, 8h, 8w] and conditioning_scale -> a residual for each skip connection, and the
// mid block's.
func writeControlNet(g *graph, part string, config []byte, _ bool) error {
	u, err := readUNet(g, part, config)
	if err != nil {
		return err
	}
	x := u.begin()
	cond := u.input("controlnet_cond", graphfile.Float32, -1, int(u.dim("controlnet_cond_embedding.conv_in.weight", 1)), -1, -1)
	u.fixed("controlnet_cond_embedding.conv_in.weight", 1, pictureChannels)
	scale := u.input("conditioning_scale", graphfile.Float32)
	x = u.add(x, u.hint(cond))
	x = u.down(x)
	x = u.middle(x)
	for i, skip := range u.skips {
		m := u.at("controlnet_down_blocks", i)
		m.sameWidth()
		u.output(m.mul(m.conv(skip, 1), scale), fmt.Sprintf("down_block_%d_additional_residual", i), -1, int(m.outputs()), -1, -1)
	}
	m := u.at("controlnet_mid_block")
	m.sameWidth()
	u.output(m.mul(m.conv(x, 1), scale), "mid_block_additional_residual", -1, int(m.outputs()), -1, -1)
	return nil
}

// sameWidth demands as many outputs as inputs.
func (m module) sameWidth() {
	w := m.ranked("weight", len(m.weights[m.name("weight")].Shape))
	if len(w) > 1 {
		m.needs.equal(w[0], w[1])
	}
}

// hint encodes the picture to the latents' size: every second of its convolutions halves the side.
func (u *unet) hint(cond string) string {
	m := u.at("controlnet_cond_embedding")
	x := m.silu(m.at("conv_in").conv(cond, 1))
	for i := range m.count("blocks") {
		x = m.silu(m.at("blocks", i).conv(x, int64(1+i%2)))
	}
	return m.at("conv_out").conv(x, 1)
}
