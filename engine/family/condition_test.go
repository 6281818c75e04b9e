package family

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// Expected values: computed with diffusers 58eb52c0 under CPU torch 1.13.1, float32.

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

func absSum(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += math.Abs(float64(x))
	}
	return s
}

func TestGuidanceEmbedding(t *testing.T) {
	for _, c := range []struct {
		w           float64
		width       int
		first, half float64
		sum         float64
	}{
		{6.5, 256, -0.04478473961353302, -0.9989966750144958, 163.11160278320312},
		{7, 256, 0.5068854093551636, 0.8620134592056274, 163.65359497070312},
		{0, 256, 0, 1, 128},
		{4, 512, -0.6835038065910339, -0.7299469709396362, 330.46600341796875},
	} {
		e := guidanceEmbedding(c.w, c.width)
		near(t, "first", float64(e[0]), c.first, 1e-5)
		near(t, "half", float64(e[c.width/2]), c.half, 1e-5)
		near(t, "sum", absSum(e), c.sum, 1e-2)
	}
}

// TestGuidanceEmbeddingWhole holds every value to 1e-4. Angles reach 7000, where float32 is 4.9e-4
// apart: torch's vectorised exp may give a frequency's neighbour in float32, whose angle is taken then.
func TestGuidanceEmbeddingWhole(t *testing.T) {
	var numeric struct {
		Embedding []struct {
			W     float64
			Dim   int
			First []float64 `json:"first8"`
			Half  []float64 `json:"index_half_8"`
			Last  []float64 `json:"last2"`
			Sum   float64   `json:"abs_sum"`
		} `json:"lcm_guidance_embedding"`
	}
	data, err := os.ReadFile("../testdata/numeric.json")
	if err == nil {
		err = json.Unmarshal(data, &numeric)
	}
	if err != nil || len(numeric.Embedding) == 0 {
		t.Fatal("no values to hold it against: ", err)
	}
	for _, c := range numeric.Embedding {
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
