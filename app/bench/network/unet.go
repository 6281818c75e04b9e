package network

import "nirvana/engine/onnx/graphfile"

// UNet is the shape of a denoiser: sample [batch, 4, h, w], timestep [1] and
// encoder_hidden_states [batch, token, Context] -> out_sample.
type UNet struct {
	Widths  []int64 // channels of each level, finest first
	Layers  int     // residual blocks of a level on the way down; one more on the way up
	Heads   int64
	Context int64 // width of the text states
	Groups  int64 // of the group normalisations
	Plain   int   // levels without attention, coarsest first
	Side    int   // of its latents
	Tokens  int   // a prompt's
}

// Mini takes milliseconds a step and is written in one.
var Mini = UNet{Widths: []int64{32, 64}, Layers: 1, Heads: 4, Context: 32, Groups: 8, Side: 32, Tokens: 77}

// StableDiffusion has the shapes of Stable Diffusion 1.x: 860 M weights, 3.4 GB.
var StableDiffusion = UNet{Widths: []int64{320, 640, 1280, 1280}, Layers: 2, Heads: 8, Context: 768, Groups: 32, Plain: 1, Side: 64, Tokens: 77}

// build writes the network.
func (u UNet) build(b *builder) {
	values := func(name string, dims ...int) graphfile.Value {
		return graphfile.NewValue(name, graphfile.Float32, dims...)
	}
	b.m.Inputs = []graphfile.Value{values("sample", -1, 4, -1, -1), graphfile.NewValue("timestep", graphfile.Int64, -1), values("encoder_hidden_states", -1, -1, int(u.Context))}
	time := b.time("timestep", u.Widths[0])
	x := b.conv("sample", 4, u.Widths[0], 3, 1, 1)
	skips, c := []string{x}, []int64{u.Widths[0]}
	at := u.Widths[0]
	last := len(u.Widths) - 1
	attends := func(level int) bool { return level <= last-u.Plain }
	for level, w := range u.Widths {
		for range u.Layers {
			x = b.residual(x, time, at, w, u)
			if at = w; attends(level) {
				x = b.transformer(x, "encoder_hidden_states", w, u)
			}
			skips, c = append(skips, x), append(c, at)
		}
		if level < last {
			x = b.conv(x, at, at, 3, 2, 1)
			skips, c = append(skips, x), append(c, at)
		}
	}
	x = b.residual(x, time, at, at, u)
	x = b.transformer(x, "encoder_hidden_states", at, u)
	x = b.residual(x, time, at, at, u)
	for level := last; level >= 0; level-- {
		for range u.Layers + 1 {
			n := len(skips) - 1
			x = b.op("Concat", integer("axis", 1), x, skips[n])
			x = b.residual(x, time, at+c[n], u.Widths[level], u)
			skips, c = skips[:n], c[:n]
			if at = u.Widths[level]; attends(level) {
				x = b.transformer(x, "encoder_hidden_states", at, u)
			}
		}
		if level > 0 {
			x = b.conv(b.double(x, 2), at, at, 3, 1, 1)
		}
	}
	x = b.conv(b.silu(b.groupNorm(x, at, u.Groups)), at, 4, 3, 1, 1)
	b.m.Nodes = append(b.m.Nodes, &graphfile.Node{Name: "out", Op: "Identity", Inputs: []string{x}, Outputs: []string{"out_sample"}})
	b.m.Outputs = []graphfile.Value{values("out_sample", -1, 4, -1, -1)}
}

// double doubles the sides of [batch, c, h, w] by repeating pixels.
func (b *builder) double(x string, times float32) string {
	return b.op("Resize", func(n *graphfile.Node) {
		n.SetString("coordinate_transformation_mode", "asymmetric").SetString("mode", "nearest").SetString("nearest_mode", "floor")
	}, x, "", b.floats([]int64{4}, 1, 1, times, times))
}
