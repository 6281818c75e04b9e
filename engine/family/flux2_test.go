package family

import (
	"math"
	"testing"
)

// The shift between the lines of 10 and 200 steps, and beyond 4300 tokens; compute_empirical_mu of diffusers 0.42.
func TestEmpiricalMu(t *testing.T) {
	for _, c := range []struct {
		tokens, steps int
		want          float64
	}{{4096, 4, 2.291180}, {4096, 50, 2.023351}, {256, 4, 1.965567}, {4300, 200, 1.184528}, {4301, 4, 1.184697}, {16384, 50, 3.229986}} {
		if got := empiricalMu(c.tokens, c.steps); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%d tokens in %d steps: %g, want %g", c.tokens, c.steps, got, c.want)
		}
	}
}

// What model_index.json says of the distillation decides steps and guidance; where it says nothing, guidance is off and can
// be turned on.
func TestFlux2Distilled(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		distilled *bool
		steps     int
		guidance  float32
		guided    bool
	}{{nil, 4, 1, true}, {&yes, 4, 1, false}, {&no, 50, 4, true}} {
		n := &Network{Has: map[string]bool{Hidden: true}}
		got := flux2{standard{network: n, config: Config{Distilled: c.distilled}}}.Traits()
		if got.Steps != c.steps || got.Guidance != c.guidance || got.Guided != c.guided {
			t.Errorf("%+v", got)
		}
	}
}
