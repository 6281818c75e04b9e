package network

import "nirvana/engine/onnx/graphfile"

// AutoencoderKLFlux2 (Black Forest Labs, 2025) standardises its latents by the statistics of a batch normalisation over
// patches of latent pixels: channel 4 c + 2 dy + dx of a patch is channel c of its pixel (dy, dx).

const latentPatch = 2

// latents is how many channels the latents have.
func (v *vae) latents() *extent {
	if v.has("decoder.conv_in.weight") {
		return v.ranked("decoder.conv_in.weight", 4)[1]
	}
	return v.ranked("encoder.conv_out.weight", 4)[0].times(1, 2)
}

// statistics are mean and deviation of every channel of the patches, [channels, 1, 1].
func (v *vae) statistics(channels int64) (mean, deviation string) {
	m := v.at("bn")
	v.read[m.name("num_batches_tracked")] = true // of the training
	for _, tensor := range []string{"running_mean", "running_var"} {
		m.vector(tensor, v.latents().times(latentPatch*latentPatch, 1))
	}
	mean = m.weight(m.name("running_mean"), channels, 1, 1)
	return mean, m.op("Sqrt", nil, m.add(m.weight(m.name("running_var"), channels, 1, 1), m.number(v.Epsilon)))
}

// standardised outputs patches of the mean of mean and variance x, [batch, 2 channels, h, w] -> [batch, 4 channels, h/2, w/2].
func (v *vae) standardised(x string, channels int64) {
	m, patched := v.at("bn"), channels*latentPatch*latentPatch
	x = m.slice(x, 1, 0, channels)
	height, width := m.op("Div", nil, m.sizeOf(x, 2), m.ints(latentPatch)), m.op("Div", nil, m.sizeOf(x, 3), m.ints(latentPatch))
	grid := m.concat(0, m.ints(0, channels), height, m.ints(latentPatch), width, m.ints(latentPatch))
	x = m.transpose(m.op("Reshape", nil, x, grid), 0, 1, 3, 5, 2, 4)
	x = m.op("Reshape", nil, x, m.concat(0, m.ints(0, patched), height, width))
	mean, deviation := v.statistics(patched)
	v.output(m.op("Div", nil, m.op("Sub", nil, x, mean), deviation), "latent_sample", -1, int(patched), -1, -1)
}

// restored is the input latent_sample without the standardisation, as latent pixels.
func (v *vae) restored(channels int64) string {
	m, patched := v.at("bn"), channels*latentPatch*latentPatch
	x := v.input("latent_sample", graphfile.Float32, -1, int(patched), -1, -1)
	mean, deviation := v.statistics(patched)
	height, width := m.sizeOf(x, 2), m.sizeOf(x, 3)
	x = m.add(m.mul(x, deviation), mean)
	x = m.op("Reshape", nil, x, m.concat(0, m.ints(0, channels, latentPatch, latentPatch), height, width))
	x = m.transpose(x, 0, 1, 4, 2, 5, 3)
	return m.op("Reshape", nil, x, m.concat(0, m.ints(0, channels), m.mul(height, m.ints(latentPatch)), m.mul(width, m.ints(latentPatch))))
}
