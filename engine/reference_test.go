package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"
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
	Embedding []struct {
		W     float64
		Dim   int
		First []float64 `json:"first8"`
		Half  []float64 `json:"index_half_8"`
		Last  []float64 `json:"last2"`
		Sum   float64   `json:"abs_sum"`
	} `json:"lcm_guidance_embedding"`
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

// TestGuidanceEmbeddingWhole holds every value to 1e-4. Angles reach 7000, where float32 is 4.9e-4
// apart: torch's vectorised exp may give a frequency's neighbour in float32, whose angle is taken then.
func TestGuidanceEmbeddingWhole(t *testing.T) {
	for _, c := range numerics(t).Embedding {
		e := guidanceEmbedding(c.W, c.Dim)
		half := c.Dim / 2
		for _, part := range []struct {
			at   int
			want []float64
		}{{0, c.First}, {half, c.Half}, {c.Dim - 2, c.Last}} {
			if len(part.want) == 0 {
				t.Fatal("nothing to hold it against")
			}
			for k, want := range part.want {
				if got, i := float64(e[part.at+k]), part.at+k; math.Abs(got-want) > 1e-4 && !neighbours(c.W, i%half, half, i >= half, want) {
					t.Errorf("w %g: value %d of %d is %g, want %g", c.W, i, c.Dim, got, want)
				}
			}
		}
		near(t, "sum", absSum(e), c.Sum, 1e-2)
	}
}

// neighbours says whether a frequency one float32 up or down gives what is wanted.
func neighbours(w float64, i, half int, cosine bool, want float64) bool {
	rate := float32(math.Log(10000)) / float32(half-1)
	f := float32(math.Exp(float64(float32(i) * -rate)))
	for _, to := range []float32{0, 2} {
		angle := float64(float32(w*1000) * math.Nextafter32(f, to))
		got := math.Sin(angle)
		if cosine {
			got = math.Cos(angle)
		}
		if math.Abs(got-want) <= 1e-4 {
			return true
		}
	}
	return false
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
		out, err := tile.Run(z, c.Tile, 8, toyDecode)
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
	p, err := v.Posterior(context.Background(), Zeros(1, 3, 32, 32))
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
