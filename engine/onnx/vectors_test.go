package onnx

import (
	"math"
	"testing"

	"nirvana/engine"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
)

// biased is a network of one layer of 3 inputs and 2 outputs with a bias of its own or none, as exporters write it.
func biased(op string, bias bool) *graphfile.Model {
	m := graphfile.New(17)
	m.Tensors = append(m.Tensors, graphfile.NewFloats("w", []int64{2, 3}, []float32{1, 2, 3, 4, 5, 6}), graphfile.NewFloats("b", []int64{2}, []float32{10, 20}))
	m.Inputs = append(m.Inputs, graphfile.NewValue("x", graphfile.Float32, -1, 3))
	m.Outputs = append(m.Outputs, graphfile.NewValue("y", graphfile.Float32, -1, 2))
	switch {
	case op == "Conv":
		m.Tensors[0] = graphfile.NewFloats("w", []int64{2, 3, 1, 1}, []float32{1, 2, 3, 4, 5, 6})
		m.Inputs[0] = graphfile.NewValue("x", graphfile.Float32, -1, 3, 1, 1)
		m.Outputs[0] = graphfile.NewValue("y", graphfile.Float32, -1, 2, 1, 1)
		in := []string{"x", "w", "b"}[:2+toInt(bias)]
		node(m, "Conv", "/m/Conv", "y", in...)
	case op == "Gemm":
		in := []string{"x", "w", "b"}[:2+toInt(bias)]
		node(m, "Gemm", "/m/Gemm", "y", in...).SetInt("transB", 1)
	case bias:
		m.Tensors[0] = graphfile.NewFloats("w", []int64{3, 2}, []float32{1, 4, 2, 5, 3, 6})
		node(m, "MatMul", "/m/MatMul", "p", "x", "w")
		node(m, "Add", "/m/Add", "y", "b", "p")
	default:
		m.Tensors[0] = graphfile.NewFloats("w", []int64{3, 2}, []float32{1, 4, 2, 5, 3, 6})
		node(m, "MatMul", "/m/MatMul", "y", "x", "w")
	}
	return m
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func closeTo(t *testing.T, what string, got []float32, want ...float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v instead of %v", what, got, want)
		return
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-5 {
			t.Errorf("%s: %v instead of %v", what, got, want)
			return
		}
	}
}

// A LoRA's bias (diff_b, lora_B.bias) is added to the layer's own, or is its only one; alpha scales PEFT's.
func TestMergedBias(t *testing.T) {
	files := map[string]map[string]values{
		"diff_b": {"lora_unet_m.lora_up.weight": {[]int{2, 1}, []float32{0, 0}}, "lora_unet_m.lora_down.weight": {[]int{1, 3}, []float32{0, 0, 0}},
			"lora_unet_m.diff_b": {[]int{2}, []float32{1, -3}}},
		"lora_B.bias": {"unet.m.lora_B.weight": {[]int{2, 2}, []float32{0, 0, 0, 0}}, "unet.m.lora_A.weight": {[]int{2, 3}, []float32{0, 0, 0, 0, 0, 0}},
			"unet.m.lora_B.bias": {[]int{2}, []float32{2, -6}}, "unet.m.alpha": {[]int{}, []float32{1}}},
		"alone": {"lora_unet_m.diff_b": {[]int{2}, []float32{1, -3}}},
	}
	for name, tensors := range files {
		lora, err := adapter.ReadLoRA(writeTensors(t, tensors))
		if err != nil || len(lora.Unknown) > 0 {
			t.Fatalf("%s: %v, %v", name, err, lora)
		}
		for _, op := range []string{"Conv", "Gemm", "MatMul"} {
			for _, own := range []bool{true, false} {
				m := biased(op, own)
				twice := []adapter.Weighted{{Deltas: lora.Deltas["unet"], Weight: 1}, {Deltas: lora.Deltas["unet"], Weight: -0.5}}
				if left := adapter.Merge(m, twice); len(left) > 0 {
					t.Errorf("%s, %s: no place for %v", name, op, left)
				}
				x := engine.Tensor{Shape: []int{1, 3}, Data: []float32{1, 0, 0}}
				if op == "Conv" {
					x.Shape = []int{1, 3, 1, 1}
				}
				got := run(t, open(t, save(t, m), Options{}), map[string]engine.Tensor{"x": x})[0]
				want := []float32{1.5, 2.5}
				if own {
					want = []float32{11.5, 22.5}
				}
				closeTo(t, name+" of "+op, got.Data, want...)
			}
		}
	}
}

// A norm's weight and bias (LyCORIS' w_norm and b_norm, or a difference) are changed where the norm is one operation
// and where it is written out.
func TestMergedNorm(t *testing.T) {
	for _, tensors := range []map[string]values{
		{"lora_unet_norm.w_norm": {[]int{2}, []float32{1, 2}}, "lora_unet_norm.b_norm": {[]int{2}, []float32{3, 4}}},
		{"diffusion_model.norm.diff": {[]int{2}, []float32{1, 2}}, "diffusion_model.norm.diff_b": {[]int{2}, []float32{3, 4}}},
		{"diffusion_model.norm.set_weight": {[]int{2}, []float32{2, 3}}, "diffusion_model.norm.diff_b": {[]int{2}, []float32{3, 4}}},
	} {
		lora, err := adapter.ReadLoRA(writeTensors(t, tensors))
		if err != nil || len(lora.Unknown) > 0 {
			t.Fatalf("%v, %v", err, lora)
		}
		for _, whole := range []bool{true, false} {
			m := graphfile.New(17)
			m.Inputs = append(m.Inputs, graphfile.NewValue("x", graphfile.Float32, -1, 2))
			m.Outputs = append(m.Outputs, graphfile.NewValue("y", graphfile.Float32, -1, 2))
			m.Tensors = append(m.Tensors, graphfile.NewFloats("g", []int64{2}, []float32{1, 1}), graphfile.NewFloats("b", []int64{2}, []float32{0, 0}))
			if whole {
				node(m, "LayerNormalization", "/norm/LayerNormalization", "y", "x", "g", "b")
			} else {
				m.Tensors = append(m.Tensors, graphfile.NewFloats("one", []int64{2}, []float32{1, 1}), graphfile.NewFloats("zero", []int64{2}, []float32{0, 0}))
				node(m, "LayerNormalization", "/norm/inner/LayerNormalization", "n", "x", "one", "zero")
				node(m, "Mul", "/norm/Mul", "s", "n", "g")
				node(m, "Add", "/norm/Add", "y", "s", "b")
			}
			if left := adapter.Merge(m, []adapter.Weighted{{Deltas: lora.Deltas["unet"], Weight: 0.5}}); len(left) > 0 {
				t.Fatalf("no place for %v", left)
			}
			got := run(t, open(t, save(t, m), Options{}), map[string]engine.Tensor{"x": {Shape: []int{1, 2}, Data: []float32{-5, 5}}})[0]
			closeTo(t, "norm", got.Data, -1.5+1.5, 2+2) // normalised to -1 and 1
		}
	}
}

// A LoKr and a full difference for the one matrix that makes query, key and value change each of the three by its rows.
func TestMergedCut(t *testing.T) {
	w1, w2 := []float32{1, -2, 3}, []float32{1, 2, 3, 4} // [3, 1] and [2, 2]: query, key and value of 2 outputs
	var all []float32
	for _, u := range w1 {
		for _, v := range w2 {
			all = append(all, u*v)
		}
	}
	for name, tensors := range map[string]map[string]values{
		"LoKr":       {"lora_unet_double_blocks_0_img_attn_qkv.lokr_w1": {[]int{3, 1}, w1}, "lora_unet_double_blocks_0_img_attn_qkv.lokr_w2": {[]int{2, 2}, w2}},
		"difference": {"diffusion_model.double_blocks.0.img_attn.qkv.diff": {[]int{6, 2}, all}},
		"XLabs": {"double_blocks.0.processor.qkv_lora1.down.weight": {[]int{2, 2}, []float32{1, 0, 0, 1}},
			"double_blocks.0.processor.qkv_lora1.up.weight": {[]int{6, 2}, all}},
	} {
		lora, err := adapter.ReadLoRA(writeTensors(t, tensors))
		if err != nil || lora.Count() != 3 {
			t.Fatalf("%s: %v, %v", name, lora, err)
		}
		m := graphfile.New(17)
		m.Inputs = append(m.Inputs, graphfile.NewValue("x", graphfile.Float32, -1, 2))
		for _, part := range []string{"q", "k", "v"} {
			m.Tensors = append(m.Tensors, graphfile.NewFloats("w"+part, []int64{2, 2}, make([]float32, 4)))
			node(m, "Gemm", "/transformer_blocks.0/attn/to_"+part+"/Gemm", part, "x", "w"+part).SetInt("transB", 1)
			m.Outputs = append(m.Outputs, graphfile.NewValue(part, graphfile.Float32, -1, 2))
		}
		if left := adapter.Merge(m, []adapter.Weighted{{Deltas: lora.Deltas["unet"], Weight: 1}}); len(left) > 0 {
			t.Fatalf("%s: no place for %v", name, left)
		}
		out := run(t, open(t, save(t, m), Options{}), map[string]engine.Tensor{"x": {Shape: []int{1, 2}, Data: []float32{1, 10}}})
		for i, u := range w1 {
			closeTo(t, name, out[i].Data, u*21, u*43)
		}
	}
}
