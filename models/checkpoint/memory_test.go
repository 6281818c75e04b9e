package checkpoint

import (
	"maps"
	"slices"
	"testing"
)

// A model of GGUF's blocks takes what its blocks take, not four bytes a number; embeddings and all else do.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Type
		want int64
	}{{"proj.weight", "F16", 4096 * 4}, {"proj.weight", "Q4_0", 4096/2 + 128*4}, {"proj.weight", "Q8_0", 4096 + 128*4}, {"proj.weight", "Q4_K", 4096/2 + 2*128*4},
		{"text_model.embeddings.token_embedding.weight", "Q8_0", 4096 * 4}} {
		if got := (Weights{c.name: {Type: c.kind, Shape: []int64{64, 64}}}).Memory(); got != c.want {
			t.Errorf("%s of %s: %d bytes, not %d", c.name, c.kind, got, c.want)
		}
	}
}

// Each half of an autoencoder has its own weights and no other's; other networks have all.
func TestHalf(t *testing.T) {
	w := Weights{"encoder.conv_in.weight": {}, "quant_conv.weight": {}, "decoder.conv_in.weight": {}, "post_quant_conv.weight": {}}
	for name, want := range map[string][]string{"vae_encoder": {"encoder.conv_in.weight", "quant_conv.weight"},
		"vae_decoder": {"decoder.conv_in.weight", "post_quant_conv.weight"}, "unet": slices.Sorted(maps.Keys(w))} {
		if got := slices.Sorted(maps.Keys(w.Half(name))); !slices.Equal(got, want) {
			t.Errorf("%s has %v", name, got)
		}
	}
	if len(w) != 4 {
		t.Error("the weights themselves lost some")
	}
}
