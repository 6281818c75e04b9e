package network

import (
	"math"

	"nirvana/engine/onnx/graphfile"
)

// qwenVision writes the image encoder of Qwen2.5-VL (Bai et al., 2025): a ViT whose blocks attend within windows, apart
// from a few that see the whole picture, with rotary positions of rows and columns; four neighbours become one token of
// the language model.
type qwenVision struct {
	module
	Heads int64  `json:"num_heads"`
	Full  []int  `json:"fullatt_block_indexes"`
	Act   string `json:"hidden_act"`
	// Side is the side of a patch and Window of a window, px; Merge patches a side become one token.
	Side   int64 `json:"patch_size"`
	Window int64 `json:"window_size"`
	Merge  int64 `json:"spatial_merge_size"`

	width    int64
	cos, sin string // [1, 1, patch, width of a head]
	windows  patchGroups
	pictures patchGroups // without rows: there is one
}

// patchGroups are patches that attend to each other.
type patchGroups struct {
	rows           string // patches of each group [group, place]; of places that are empty any
	mask, gathered string // 0 or -inf of each place [group, 1, place]; where among all places each patch is
}

const (
	visionEpsilon = 1e-6
	visionTheta   = 10000
)

// newQwenVision has the defaults of transformers' Qwen2_5_VLVisionConfig.
func newQwenVision(m module) *qwenVision {
	return &qwenVision{module: m, Heads: 16, Full: []int{7, 15, 23, 31}, Act: "silu", Side: 14, Window: 112, Merge: 2}
}

// write adds the encoder: pixel_values [patch, 6 side side] in the order of image processors, four neighbours after
// each other, patch_positions [patch, 2], row and column, window_rows and window_filled [window, place], the patch at
// each place of a window and 1 or 0 where there is none, window_places [patch], each patch's place among those of all
// windows; for several pictures also picture_rows, picture_filled and picture_places, the same of whole pictures -> [1,
// patch / 4, width of the language model].
func (v *qwenVision) write(several bool) string {
	proj := v.at("patch_embed", "proj")
	t, ok := proj.tensor(proj.name("weight"))
	if !ok {
		return ""
	}
	v.width = proj.outputs()
	in := elements(t.Shape) / max(1, v.width)
	apart := proj.has("weight.1") // the weights of the second frame
	if apart {
		in *= 2
	}
	side := v.Window / max(1, v.Side)
	if v.Heads < 1 || v.width%(4*v.Heads) != 0 || side < 1 || in != 6*v.Side*v.Side {
		v.fail("%s has %d channels of patches of %d numbers, which are not %d heads and patches of %d px: the file needs its config.json", v.path, v.width, in, v.Heads, v.Side)
		return ""
	}
	pixels := v.input("pixel_values", graphfile.Float32, -1, int(in))
	v.positions(v.input("patch_positions", graphfile.Float32, -1, 2))
	v.windows = v.groups("window", int(side*side))
	if several {
		v.pictures = v.groups("picture", -1)
	}
	weight := v.transpose(v.patches(proj, in, apart), 1, 0)
	x := v.op("Unsqueeze", nil, proj.op("MatMul", nil, pixels, weight), v.ints(0))
	for i := range v.count("blocks") {
		x = v.block(v.at("blocks", i), x, i)
	}
	m := v.at("merger")
	h := m.at("ln_q").rmsNorm(x, visionEpsilon)
	x = m.reshape(h, 1, -1, v.Merge*v.Merge*v.width)
	m.shapes.of[x] = []*extent{nil, nil, m.lastOf(h).times(v.Merge*v.Merge, 1)}
	return m.at("mlp", 2).linear(m.gelu(m.at("mlp", 0).linear(x)))
}

// patches are the weights of a patch [width, 6 side side], whose two frames may be apart.
func (v *qwenVision) patches(proj module, in int64, apart bool) string {
	if !apart {
		return proj.weight(proj.name("weight"), v.width, in)
	}
	of := func(tensor string) string { return proj.weight(proj.name(tensor), v.width, 3, 1, v.Side*v.Side) }
	return v.reshape(v.concat(2, of("weight"), of("weight.1")), v.width, in)
}

// groups are those that the inputs with a name tell, of a number of places.
func (v *qwenVision) groups(name string, places int) patchGroups {
	rows := v.input(name+"_rows", graphfile.Int64, -1, places)
	filled := v.op("Sub", nil, v.input(name+"_filled", graphfile.Float32, -1, places), v.number(1))
	mask := v.op("Unsqueeze", nil, v.mul(filled, v.number(math.MaxFloat32)), v.ints(1))
	return patchGroups{rows, mask, v.input(name+"_places", graphfile.Int64, -1)}
}

// positions are the cosines and sines of rows and columns: a quarter of a head each, twice.
func (v *qwenVision) positions(places string) {
	m := v.at("rotary_pos_emb")
	head := v.width / v.Heads
	rates := [][]float32{make([]float32, head), make([]float32, head)} // of rows, of columns
	for i := range head {
		k := i % (head / 2)
		rate := float32(1 / math.Pow(visionTheta, float64(2*(k%(head/4)))/float64(head/2)))
		if k < head/4 {
			rates[0][i] = rate
		} else {
			rates[1][i] = rate
		}
	}
	angle := m.angles(places, rates)
	v.cos, v.sin = m.op("Cos", nil, angle), m.op("Sin", nil, angle)
}

func (v *qwenVision) block(m module, x string, i int) string {
	x = m.add(x, v.attend(m.at("attn"), m.at("norm1").rmsNorm(x, visionEpsilon), v.whole(i)))
	return m.add(x, m.at("mlp").gatedLinear(m.at("norm2").rmsNorm(x, visionEpsilon), v.Act))
}

// whole reports whether a block sees the whole picture.
func (v *qwenVision) whole(i int) bool {
	for _, f := range v.Full {
		if f == i {
			return true
		}
	}
	return false
}

// projected are queries, keys and values, of one layer or of three.
func (v *qwenVision) projected(m module, x string) []string {
	if m.there("qkv") {
		return m.split(m.at("qkv").linear(x), -1, v.width, 3)
	}
	return []string{m.at("q").linear(x), m.at("k").linear(x), m.at("v").linear(x)}
}

// attend is self-attention over whole pictures or within windows.
func (v *qwenVision) attend(m module, x string, whole bool) string {
	head := v.width / v.Heads
	parts := v.projected(m, x)
	for i, p := range parts {
		if parts[i] = m.transpose(m.reshape(p, 0, -1, v.Heads, head), 0, 2, 1, 3); i < 2 {
			parts[i] = m.turnedHalves(parts[i], v.cos, v.sin, head)
		}
	}
	g := v.windows
	if whole {
		g = v.pictures
	}
	if g.rows == "" {
		return m.at("proj").linear(m.joined(parts[0], m.transpose(parts[1], 0, 1, 3, 2), parts[2], v.width, head))
	}
	for i, p := range parts { // [1, head, window, place, width]
		parts[i] = m.op("Gather", integer("axis", 2), p, g.rows)
	}
	q := m.mul(parts[0], m.number(float32(1/math.Sqrt(float64(head)))))
	scores := m.add(m.op("MatMul", nil, q, m.transpose(parts[1], 0, 1, 2, 4, 3)), g.mask)
	mixed := m.op("MatMul", nil, m.op("Softmax", integer("axis", -1), scores), parts[2])
	mixed = m.op("Gather", integer("axis", 2), m.reshape(mixed, 0, 0, -1, head), g.gathered)
	return m.at("proj").linear(m.reshape(m.transpose(mixed, 0, 2, 1, 3), 0, -1, v.width))
}

// turnedHalves applies a rotation to [batch, head, position, width]: the first half's numbers with the second's.
func (m module) turnedHalves(x, cos, sin string, width int64) string {
	half := m.split(x, -1, width/2, 2)
	y := m.add(m.mul(x, cos), m.mul(m.concat(-1, m.op("Neg", nil, half[1]), half[0]), sin))
	m.shapes.of[y] = m.shapes.of[x]
	return y
}

// gatedLinear is a feed-forward network with a gate (Shazeer, 2020).
func (m module) gatedLinear(x, act string) string {
	return m.at("down_proj").linear(m.mul(m.act(act, m.at("gate_proj").linear(x)), m.at("up_proj").linear(x)))
}
