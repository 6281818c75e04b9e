package adapter

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/safetensors"
)

// target is a small network with every kind of place: convolution, both products, norm, table of tokens.
func target() *graphfile.Model {
	m := graphfile.New(17)
	add := func(name string, dims ...int64) string {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		m.Tensors = append(m.Tensors, graphfile.NewFloats(name, dims, make([]float32, n)))
		return name
	}
	node := func(op, name string, in ...string) {
		m.Nodes = append(m.Nodes, &graphfile.Node{Name: name, Op: op, Inputs: in, Outputs: []string{name}})
	}
	node("Conv", "/conv/Conv", "x", add("conv.weight", 4, 4, 3, 3), add("conv.bias", 4))
	node("Gemm", "/fc/Gemm", "x", add("fc.weight", 6, 4))
	node("MatMul", "/transformer_blocks.0/attn/to_q/MatMul", "x", add("q", 4, 4))
	node("MatMul", "/transformer_blocks.0/attn/to_k/MatMul", "x", add("k", 4, 4))
	node("LayerNormalization", "/norm/LayerNormalization", "x", add("norm.weight", 4), add("norm.bias", 4))
	node("Gather", "/token_embedding/Gather", add("token_embedding.weight", 8, 4), "ids")
	return m
}

// packed is a safetensors file of float32 tensors.
func packed(tensors map[string][]int) []byte {
	table, values := map[string]any{}, []byte{}
	for name, shape := range tensors {
		at := len(values)
		for i := range product(shape) {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(i%5)-2))
		}
		table[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{at, len(values)}}
	}
	head, _ := json.Marshal(table)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), values...)
}

// merged reads a file as LoRA and as embedding, puts it into the network and gives how many numbers that added.
func merged(t testing.TB, data []byte) (added int) {
	file, err := safetensors.Parse(data)
	if err != nil {
		return 0
	}
	m := target()
	before := len(m.Tensors)
	if l, err := readLoRA("x", file); err == nil {
		for _, deltas := range l.Deltas {
			Merge(m, []Weighted{{deltas, 0.5}, {Truncated(deltas, 1), 1}})
			weights, _ := ParseBlockWeights("OUTALL")
			parts, _ := weights.Weigh("unet", deltas, 1)
			Merge(m, parts)
		}
	}
	if e, err := readEmbedding("x", "", file); err == nil {
		if n, rows := e.Vectors("text_encoder", 4); n > 0 {
			if err := AddRows(m, rows); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range m.Tensors[before:] {
		n := x.Elements()
		if n < 0 {
			t.Fatalf("%s has %d values", x.Name, n)
		}
		added += int(n)
	}
	return added
}

// seeds are one file of each form.
var seeds = []map[string][]int{
	{"fc.lora_up.weight": {4, 2}, "fc.lora_down.weight": {2, 6}, "fc.alpha": {}, "fc.diff_b": {4}},
	{"conv.lora_up.weight": {4, 2, 1, 1}, "conv.lora_down.weight": {2, 4, 1, 1}, "conv.lora_mid.weight": {2, 2, 3, 3}},
	{"conv.hada_w1_a": {2, 4}, "conv.hada_w1_b": {2, 4}, "conv.hada_w2_a": {2, 4}, "conv.hada_w2_b": {2, 4}, "conv.hada_t1": {2, 2, 3, 3}, "conv.hada_t2": {2, 2, 3, 3}},
	{"fc.lokr_w1": {2, 2}, "fc.lokr_w2_a": {2, 1}, "fc.lokr_w2_b": {1, 3}, "fc.alpha": {}},
	{"conv.a1.weight": {4, 2, 1, 1}, "conv.a2.weight": {2, 4, 1, 1}, "conv.b1.weight": {4, 2, 1, 1}, "conv.b2.weight": {2, 4, 3, 3}},
	{"fc.weight": {6}, "fc.on_input": {}}, {"conv.weight": {4}, "conv.on_input": {}},
	{"fc.oft_blocks": {2, 2, 2}, "fc.alpha": {}}, {"fc.oft_blocks": {2, 2, 2, 2}, "fc.rescale": {4, 1}},
	{"norm.w_norm": {4}, "norm.b_norm": {4}}, {"conv.diff": {4, 4, 3, 3}}, {"fc.set_weight": {4, 6}},
	{"fc.lora_A.weight": {2, 6}, "fc.lora_B.weight": {4, 2}, "fc.lora_magnitude_vector": {4}, "fc.lora_B.bias": {4}},
	{"double_blocks.0.img_attn.qkv.lora_A.weight": {2, 4}, "double_blocks.0.img_attn.qkv.lora_B.weight": {12, 2}, "double_blocks.0.img_attn.qkv.diff_b": {12}},
	{"double_blocks.0.img_attn.qkv.lokr_w1": {3, 1}, "double_blocks.0.img_attn.qkv.lokr_w2": {4, 4}},
	{"double_blocks.0.img_attn.qkv.oft_blocks": {6, 2, 2}}, {"double_blocks.0.img_attn.qkv.diff": {12, 4}},
	{"emb_params": {2, 4}},
	{"fc.oft_R.weight": {3, 1}}, {"fc.oft_r": {2, 2, 2}}, {"fc.boft_R": {1, 3, 2, 2}, "fc.boft_s": {4, 1}}, {"fc.oft_r": {3, 2, 2}, "fc.oft_s": {4, 1}},
}

// A shape that lies about what the network has is left out, and costs no more than the file is large.
func TestMalformed(t *testing.T) {
	for i, s := range seeds {
		if n := merged(t, packed(s)); n == 0 {
			t.Errorf("seed %d adds nothing", i)
		}
	}
	long := 30000
	for name, tensors := range map[string]map[string][]int{
		"an outer product":             {"fc.lora_up.weight": {long, 1}, "fc.lora_down.weight": {1, long}},
		"a Kronecker product":          {"fc.lokr_w1": {long, 1}, "fc.lokr_w2": {1, long}},
		"a Kronecker product, factors": {"fc.lokr_w1_a": {long, 1}, "fc.lokr_w1_b": {1, long}, "fc.lokr_w2": {2, 2}},
		"Tucker":                       {"conv.lora_up.weight": {4, 1, 1, 1}, "conv.lora_down.weight": {1, long, 1, 1}, "conv.lora_mid.weight": {1, 1, 100, 100}},
		"a Hadamard product":           {"fc.hada_w1_a": {long, 1}, "fc.hada_w1_b": {1, long}, "fc.hada_w2_a": {long, 1}, "fc.hada_w2_b": {1, long}},
		"GLoRA":                        {"fc.a1.weight": {long, 1}, "fc.a2.weight": {1, long}, "fc.b1.weight": {long, 1}, "fc.b2.weight": {1, long}},
		"a long bias":                  {"fc.diff_b": {long}}, "a long norm": {"norm.w_norm": {long}}, "a long rank": {"conv.weight": {long}, "conv.on_input": {}},
		"long qkv":        {"double_blocks.0.img_attn.qkv.lokr_w1": {long, 1}, "double_blocks.0.img_attn.qkv.lokr_w2": {1, long}},
		"nothing by much": {"fc.lora_up.weight": {4, 0}, "fc.lora_down.weight": {0, 6}},
	} {
		if n := merged(t, packed(tensors)); n > 4*len(packed(tensors)) {
			t.Errorf("%s: %d numbers are added", name, n)
		}
	}
}

// Whatever a file says, reading and merging it ends, without more memory than file and network are worth.
func FuzzMerge(f *testing.F) {
	for _, s := range seeds {
		f.Add(packed(s))
	}
	huge := packed(map[string][]int{"fc.lora_up.weight": {4, 2}, "fc.lora_down.weight": {2, 6}})
	f.Add(slices.Concat(huge[:8], []byte(`{"fc.diff":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := merged(t, data); n > 1<<16+64*len(data) {
			t.Fatalf("%d bytes add %d numbers", len(data), n)
		}
	})
}
