package sample

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// drawn is a run of one of diffusers' schedulers with settings that were drawn by chance.
type drawn struct {
	Config      schedule.Config
	Steps       int
	Own, Sigmas []float32
	Eta, Mu     float32
	Churn       struct {
		Amount float32 `json:"s_churn"`
		From   float32 `json:"s_tmin"`
		Until  float32 `json:"s_tmax"`
		Noise  float32 `json:"s_noise"`
	}
	Begin     int
	Noised    bool
	Sums, End []float64
}

// TestSettings holds every class over the settings that its file may have.
func TestSettings(t *testing.T) {
	data, err := os.ReadFile("testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []drawn }
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	classes := map[string]int{}
	for i, c := range f.Cases {
		classes[c.Config.Class]++
		settings, err := json.Marshal(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(c.Config, Options{Steps: c.Steps, Shape: []int{2, 3, 4, 4}, Eta: c.Eta, Mu: c.Mu, Timesteps: c.Own, Sigmas: c.Sigmas, Churn: Churn(c.Churn)})
		if err != nil {
			t.Errorf("%d %s, %d steps: %v", i, settings, c.Steps, err)
			continue
		}
		if at, off := c.run(t, s); off > 0 {
			t.Errorf("%d %s, %d steps: %s is off by %.2g of what is there", i, settings, c.Steps, at, off)
		}
	}
	if len(classes) < 25 {
		t.Errorf("only %d classes: %v", len(classes), classes)
	}
}

// run walks to the end; it names what is off.
func (c drawn) run(t *testing.T, s Sampler) (at string, off float64) {
	t.Helper()
	x, noise := make([]float32, 96), make([]float32, 96)
	for i := range x {
		x[i] = float32(i*37%97)/97*2 - 1
	}
	for i := range x {
		noise[i/4*4+3-i%4] = x[i] * 1.3 // mirrored along the last axis
	}
	if c.Noised {
		s.AddNoise(x, x, noise, c.Begin)
	} else {
		for i := range x {
			x[i] *= s.InitSigma()
		}
	}
	st, rng, in := Start(s, x, c.Begin), random.NewTorch(7), make([]float32, 96)
	for evals := len(s.Timesteps()) - c.Begin; !s.Done(st); {
		s.Scale(in, st.X, st)
		if err := s.Step(st, c.net(s, in, float64(s.Timesteps()[st.Eval])), rng); err != nil {
			t.Fatal(err)
		}
		if k := len(c.Sums) - evals + st.Eval - c.Begin - 1; k >= 0 {
			if d := math.Abs(absSum(st.X)-c.Sums[k]) / math.Max(1, c.Sums[k]); !(d <= 5e-4) {
				return "the sum near the end", d
			}
		}
	}
	most := 1.0
	for _, v := range c.End {
		most = math.Max(most, math.Abs(v))
	}
	for k, want := range c.End {
		if d := math.Abs(float64(st.X[19*k])-want) / most; !(d <= 1e-3) {
			return "a value at the end", d
		}
	}
	return "", 0
}

// net is the made-up network, with a variance where the sampler wants one.
func (c drawn) net(s Sampler, in []float32, t float64) []float32 {
	span := 200.0
	if n := c.Config.TrainTimesteps; n > 300 || n == 0 {
		span = 2000
	}
	share := 0.3 + math.Mod(math.Abs(t)/span, 1)
	out := make([]float32, 0, 192)
	for picture := range 2 {
		x := in[picture*48 : (picture+1)*48]
		for _, v := range x {
			out = append(out, float32(math.Tanh(0.7*float64(v)+0.1)*share))
		}
		for i := 0; s.LearnedVariance() && i < len(x); i++ {
			if c.Config.Variance == "learned_range" {
				out = append(out, float32(math.Tanh(float64(x[i])*0.5)))
			} else {
				out = append(out, float32(0.01/(1+math.Exp(-float64(x[i])))))
			}
		}
	}
	return out
}
