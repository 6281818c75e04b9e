package family

import (
	"testing"

	"nirvana/engine/graph"
	"nirvana/engine/vae"
)

// An export of fixed axes tells the size of its pictures: by the latent's sides, or where x_t is packed, by how many tokens
// a square one has. Dynamic axes leave the trained size.
func TestExportedSize(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape []int
		side  int
		fixed bool
	}{
		{"latents", []int{2, 4, 16, 16}, 128, true},
		{"packed", []int{2, 1024, 64}, 512, true},
		{"packed, and no square", []int{2, 1000, 64}, 768, false},
		{"dynamic", []int{-1, 4, -1, -1}, 768, false},
		{"packed and dynamic", []int{-1, -1, 64}, 768, false},
	} {
		v := &vae.VAE{Config: vae.Config{Width: 768, Height: 768, Scale: 8}}
		var got Config
		got.readSize(netFile{}, &graph.Port{Name: "sample", Shape: c.shape}, v)
		if got.Width != c.side || got.Height != c.side || got.Fixed != c.fixed {
			t.Errorf("%s: %d x %d, fixed %v", c.name, got.Width, got.Height, got.Fixed)
		}
	}
}
