package network

import (
	"nirvana/engine/onnx/graphfile"
)

// leak is the slope of ESRGAN's activation below zero, share what a dense block adds to its input.
const (
	leak  = 0.2
	share = 0.2
)

// writeRRDBNet writes ESRGAN's network (Wang et al., 2018; Real-ESRGAN, 2021): sample [batch, 3, h, w] in 0 to 1 ->
// upscaled, 4 times as large. Networks that enlarge by two or not at all fold squares of 2 x 2 or 4 x 4 pixels into
// channels first.
func writeRRDBNet(g *graph, _ string, _ []byte, _ bool) error {
	m := module{graph: g}
	const channels = pictureChannels
	m.fixed("conv_last.weight", 0, channels)
	x := m.input("sample", graphfile.Float32, -1, channels, -1, -1)
	if in := m.dim("conv_first.weight", 1); in == 4*channels || in == 16*channels {
		x = m.folded(x, channels, map[int64]int64{4 * channels: 2, 16 * channels: 4}[in])
	} else if in != channels {
		m.fail("the upscaler takes %d channels, not a picture's 3: choose another", in)
		return nil
	}
	first := m.at("conv_first").conv(x, 1)
	x = first
	for i := range m.count("body") {
		b := m.at("body", i)
		h := x
		for _, dense := range []string{"rdb1", "rdb2", "rdb3"} {
			h = b.at(dense).denseBlock(h)
		}
		x = b.add(b.mul(h, b.number(share)), x)
	}
	x = m.add(first, m.at("conv_body").conv(x, 1))
	for _, up := range []string{"conv_up1", "conv_up2", "conv_up3"} {
		if m.there(up) {
			u := m.at(up)
			x = u.leaky(u.conv(u.double(x), 1))
		}
	}
	x = m.at("conv_hr").conv(x, 1)
	x = m.at("conv_last").conv(m.at("conv_hr").leaky(x), 1)
	m.output(x, "upscaled", -1, channels, -1, -1)
	return nil
}

func (m module) leaky(x string) string {
	return m.op("LeakyRelu", func(n *graphfile.Node) { n.SetFloat("alpha", leak) }, x)
}

// denseBlock is five convolutions, each of which takes the outputs of all before it.
func (m module) denseBlock(x string) string {
	seen := x
	for _, c := range []string{"conv1", "conv2", "conv3", "conv4"} {
		seen = m.concat(1, seen, m.at(c).leaky(m.at(c).conv(seen, 1)))
	}
	return m.add(m.mul(m.at("conv5").conv(seen, 1), m.number(share)), x)
}

// folded is torch's pixel_unshuffle: the pixels of every square become channels.
func (m module) folded(x string, channels, by int64) string {
	side := func(axis int64) string { return m.op("Div", nil, m.sizeOf(x, axis), m.ints(by)) }
	h, w := side(2), side(3)
	x = m.op("Reshape", nil, x, m.concat(0, m.ints(0), m.ints(channels), h, m.ints(by), w, m.ints(by)))
	x = m.transpose(x, 0, 1, 3, 5, 2, 4)
	return m.op("Reshape", nil, x, m.concat(0, m.ints(0), m.ints(channels*by*by), h, w))
}
