package checkpoint

import (
	"maps"
	"slices"
	"testing"
)

// A T5 in llama.cpp's names, with a gate or without, and with the decoder that whole models have.
func TestLlamaT5(t *testing.T) {
	file := shapes{"token_embd.weight": {100, 64}, "enc.output_norm.weight": {64}, "enc.blk.0.attn_q.weight": {128, 64}, "enc.blk.0.attn_o.weight": {64, 128},
		"enc.blk.0.attn_rel_b.weight": {32, 2}, "enc.blk.0.attn_norm.weight": {64}, "enc.blk.0.ffn_norm.weight": {64},
		"enc.blk.0.ffn_up.weight": {256, 64}, "enc.blk.0.ffn_down.weight": {64, 256}, "dec.blk.0.attn_q.weight": {128, 64}, "dec.output_norm.weight": {64}}
	for gate, names := range map[string][]string{"": {"wi"}, "enc.blk.0.ffn_gate.weight": {"wi_0", "wi_1"}} {
		s := maps.Clone(file)
		if gate != "" {
			s[gate] = []int{256, 64}
		}
		p := open(t, s).Part(T5)
		if p == nil {
			t.Fatal("it is not a T5")
		}
		want := []string{"shared.weight", "encoder.final_layer_norm.weight"}
		for _, name := range []string{"0.SelfAttention.q", "0.SelfAttention.o", "0.SelfAttention.relative_attention_bias", "0.layer_norm", "1.layer_norm", "1.DenseReluDense.wo"} {
			want = append(want, "encoder.block.0.layer."+name+".weight")
		}
		for _, name := range names {
			want = append(want, "encoder.block.0.layer.1.DenseReluDense."+name+".weight")
		}
		for _, name := range want {
			if !p.Has(name) {
				t.Errorf("%v: %s is not there", names, name)
			}
		}
		if len(p.Weights) != len(want) {
			t.Errorf("%d tensors, want %d", len(p.Weights), len(want))
		}
	}
}

// Rows that have a factor each keep theirs when a tensor is cut, and when parts of it are joined.
func TestScaledByRow(t *testing.T) {
	s := Tensor{Type: "F32", Shape: []int64{6, 1}, Pieces: []Piece{{Offset: 100, Length: 24}}}
	w := Tensor{Type: "F8_E4M3", Shape: []int64{6, 5}, Pieces: []Piece{{Length: 30}}, Scale: &s}
	last := w.rows(4, 6)
	if p := last.Scale.Pieces[0]; p.Offset != 116 || p.Length != 8 || last.Scale.Shape[0] != 2 {
		t.Errorf("rows 4 and 5 have the factors %+v", last.Scale)
	}
	turned := w.swapped()
	var at []int64
	for _, p := range turned.Scale.Pieces {
		at = append(at, p.Offset)
	}
	if !slices.Equal(at, []int64{112, 100}) || turned.Scale.Shape[0] != 6 {
		t.Errorf("the halves' factors are at %v, of shape %v", at, turned.Scale.Shape)
	}
	one := Tensor{Type: "F32", Pieces: []Piece{{Length: 4}}}
	w.Scale = &one
	if w.rows(4, 6).Scale != &one || w.swapped().Scale != &one {
		t.Error("a tensor's one factor is cut")
	}
}
