package sample

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"nirvana/engine/schedule"
)

// TestTables holds timesteps, sigmas and the first noise level against those of
// whole pipelines.
func TestTables(t *testing.T) {
	data, err := os.ReadFile("testdata/tables.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct {
			Name              string
			Config            schedule.Config
			Steps             int
			Timesteps, Sigmas []float64
			Init              *float64
			Mu, Strength      float32
			Flux              bool
		}
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			o := Options{Steps: c.Steps, Shape: []int{1, 4, 8, 8}, Mu: c.Mu, Strength: c.Strength}
			if c.Flux {
				for i := range c.Steps {
					o.Sigmas = append(o.Sigmas, float32(1-float64(i)/float64(c.Steps)))
				}
			}
			s, err := New(c.Config, o)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, "timestep", s.Timesteps(), c.Timesteps, 2e-3)
			if len(c.Sigmas) > 0 {
				alike(t, "sigma", s.Sigmas(), c.Sigmas, 1e-6)
			}
			if c.Init != nil && math.Abs(float64(s.InitSigma())-*c.Init) > 1e-5**c.Init {
				t.Errorf("first noise level is %g, want %g", s.InitSigma(), *c.Init)
			}
		})
	}
}

func alike(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d of %s, want %d: %v, want %v", len(got), what, len(want), got, want)
		return
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > tolerance+5e-6*math.Abs(w) {
			t.Errorf("%s %d is %g, want %g", what, i, got[i], w)
			return
		}
	}
}
