package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"testing"

	"nirvana/engine/pixel"
	"nirvana/engine/random"
	"nirvana/engine/tile"
	"nirvana/engine/vae"
)

// numeric is testdata/numeric.json: small checks of the pipelines' formulas. Sinusoids of timesteps and sizes
// are not in it: a network computes them inside its own graph.
type numeric struct {
	Rescale []struct {
		Rescale float32
		Sum     float64   `json:"abs_sum"`
		First   []float64 `json:"first8"`
		Text    []float64 `json:"per_image_std_text"`
		Guided  []float64 `json:"per_image_std_cfg"`
	} `json:"guidance_rescale"`
	Tiles []struct {
		Shape  []int   `json:"latent_shape"`
		Out    []int   `json:"out_shape"`
		Tile   int     `json:"tile_latent"`
		Sum    float64 `json:"abs_sum"`
		Probes map[string][]float64
	} `json:"vae_tiled_decode_toy"`
	Posterior struct {
		Mode  []float64 `json:"mode_first4"`
		First []float64 `json:"sample_first8"`
		Sum   float64   `json:"sample_abs_sum"`
	} `json:"vae_posterior"`
	Mask struct {
		Torch []float64 `json:"torch_2x2"`
	} `json:"mask_downsample"`
}

func numerics(t *testing.T) (n numeric) {
	t.Helper()
	data, err := os.ReadFile("testdata/numeric.json")
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func nearAll(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(want) == 0 || len(got) < len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		near(t, fmt.Sprint(what, " ", i), float64(got[i]), w, tolerance)
	}
}

func TestGuidanceRescaleByPicture(t *testing.T) {
	for _, want := range numerics(t).Rescale {
		c, u := guidedPair()
		text := append([]float32(nil), c...)
		guide(c, u, 7.5)
		for i := range 4 {
			near(t, "deviation of the text's", deviation(text[i*256:(i+1)*256]), want.Text[i], 1e-5)
			near(t, "deviation of the guided", deviation(c[i*256:(i+1)*256]), want.Guided[i], 1e-5)
		}
		rescale(c, text, 4, want.Rescale)
		nearAll(t, "first", c, want.First, 1e-5)
		near(t, "sum", absSum(c), want.Sum, 0.01)
	}
}

func TestTiledDecodeAllChannels(t *testing.T) {
	for _, c := range numerics(t).Tiles {
		z := Zeros(c.Shape...)
		for i := range z.Data {
			z.Data[i] = float32(i) / float32(len(z.Data))
		}
		out, err := tile.Run(z, c.Tile, 8, nil, toyDecode)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(out.Shape) != fmt.Sprint(c.Out) {
			t.Fatalf("decoded to %v, want %v", out.Shape, c.Out)
		}
		near(t, "sum", absSum(out.Data), c.Sum, 0.5)
		for at, want := range c.Probes {
			var y, x int
			if _, err := fmt.Sscanf(at, "%d,%d", &y, &x); err != nil {
				t.Fatal(err)
			}
			for q, w := range want {
				near(t, "probe "+at, float64(out.Data[(q*out.Shape[2]+y)*out.Shape[3]+x]), w, 1e-5)
			}
		}
	}
}

// TestPosterior encodes with a VAE that says i/64 - 1: means first, then log variances.
func TestPosterior(t *testing.T) {
	want := numerics(t).Posterior
	said := Zeros(1, 8, 4, 4)
	for i := range said.Data {
		said.Data[i] = float32(i)/64 - 1
	}
	encoder := &fakeGraph{in: []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}},
		run: func(context.Context, map[string]Tensor) ([]Tensor, error) { return []Tensor{said}, nil }}
	v := &vae.VAE{Encoder: Part{Graph: encoder, Name: "vae_encoder"}, Decoder: Part{Graph: encoder}, Config: vae.Config{Channels: 4, Scale: 8}}
	p, err := v.Posterior(context.Background(), Zeros(1, 3, 32, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "mode", p.Mean.Data, want.Mode, 0)
	z := p.Sample(1, random.NewTorch(0).Normal)
	nearAll(t, "sample", z.Data, want.First, 1e-6)
	near(t, "sum", absSum(z.Data), want.Sum, 1e-3)
}

// TestMaskTakesTopLeftPixels: torch's choice of pixel; PIL's, the centre, is not what the pipelines take here.
func TestMaskTakesTopLeftPixels(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 16, 16))
	for _, p := range [][2]int{{4, 4}, {8, 8}, {0, 8}} { // row, column
		m.Pix[p[0]*m.Stride+p[1]] = 255
	}
	nearAll(t, "place", pixel.MaskTensor(m, 2, 2, false), numerics(t).Mask.Torch, 0)
}
