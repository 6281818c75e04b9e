package sample

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// builds is testdata/builds.json: what two builds of torch, numpy and diffusers agree about to the bit.
type builds struct {
	Fast map[string][]float32 // by evaluations and eta: the first values of the end
	SDE  map[string]struct {  // by steps and seed: the first values after every step
		Sigmas []float32
		Ends   [][]float32
	}
	Multistep map[string][]float32 // timesteps, by spacing, steps, betas and end
	VE        map[string]struct{ Sigmas, Discrete []float64 }
}

func readBuilds(t *testing.T) (b builds) {
	t.Helper()
	data, err := os.ReadFile("testdata/builds.json")
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func configured(t *testing.T, format string, args ...any) schedule.Config {
	t.Helper()
	cfg, err := schedule.ParseConfig(fmt.Appendf(nil, format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// The levels that DPM++ is told as timesteps: whether the noisiest stands at 999 or, cut, at 998 hangs on the last bit of
// a logarithm.
func TestBuildsTimesteps(t *testing.T) {
	for name, want := range readBuilds(t).Multistep {
		f := strings.Fields(name)
		var steps int
		fmt.Sscan(f[1], &steps)
		cfg := configured(t, `{"_class_name":"DPMSolverMultistepScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":%q,%q:true,"final_sigmas_type":%q}`, f[2], f[0], f[3])
		s, err := New(cfg, Options{Steps: steps, Shape: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Timesteps(); !slices.Equal(got, want) {
			t.Errorf("%s: %v instead of %v", name, got, want)
		}
	}
}

// The levels of the variance-exploding SDE are those of float32 arithmetic.
func TestBuildsScoreSDE(t *testing.T) {
	for name, want := range readBuilds(t).VE {
		var steps int
		fmt.Sscan(name, &steps)
		s, err := New(configured(t, `{"_class_name":"ScoreSdeVeScheduler"}`), Options{Steps: steps, Shape: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		for i, sigma := range want.Sigmas {
			near(t, name+" steps, level", i, float64(s.Sigmas()[i*s.Order()])/sigma, 1, 1.3e-7)
			near(t, name+" steps, end", i, s.(*scoreSDE).discrete[i]/want.Discrete[i], 1, 1.3e-7)
		}
	}
}

// tanhEnds runs a sampler over D = tanh(x/(1+sigma^2)) from the recorded beginning: the first eight values after every evaluation.
func tanhEnds(t *testing.T, s Sampler, rng Noise) (ends [][]float32) {
	t.Helper()
	x := make([]float32, 64)
	random.NewTorch(3).Normal(x)
	for i := range x {
		x[i] *= 14.614642
	}
	st, out := Start(s, x, 0), make([]float32, len(x))
	for !s.Done(st) {
		_, sigma := At(s, st)
		for i, v := range st.X {
			out[i] = float32(math.Tanh(float64(v) / (1 + float64(sigma)*float64(sigma))))
		}
		if err := s.Step(st, out, rng); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, slices.Clone(st.X[:8]))
	}
	return ends
}

func TestBuildsKDiffusion(t *testing.T) {
	b := readBuilds(t)
	for name, want := range b.Fast {
		var steps int
		var eta float32
		fmt.Sscan(name, &steps, &eta)
		s, err := New(configured(t, `{"_class_name":"sample_dpm_fast","prediction_type":"sample"}`), Options{Steps: steps, Shape: []int{1, 4, 4, 4}, Ancestral: &eta})
		if err != nil {
			t.Fatal(err)
		}
		ends := tanhEnds(t, s, random.NewTorch(11))
		for i, v := range ends[len(ends)-1] {
			nearBy(t, "dpm_fast "+name, i, float64(v), float64(want[i]), 2e-5)
		}
	}
	for name, want := range b.SDE {
		var steps int
		var seed uint64
		fmt.Sscan(name, &steps, &seed)
		s, err := New(configured(t, `{"_class_name":"sample_dpmpp_sde","prediction_type":"sample"}`), Options{Steps: steps, Shape: []int{1, 4, 4, 4}, Sigmas: want.Sigmas, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		evaluation := 0
		ends := tanhEnds(t, s, nil)
		for i, step := range want.Ends {
			for evaluation++; evaluation < len(ends) && walkOf(s).points[evaluation].phase > 0; {
				evaluation++
			}
			tolerance := 1e-4 // a bit of a level, enlarged by the motion's root
			if i == len(want.Ends)-1 {
				tolerance = 5e-6
			}
			for k, v := range ends[evaluation-1] {
				nearBy(t, fmt.Sprint("dpmpp_sde ", name, " after step ", i+1), k, float64(v), float64(step[k]), tolerance)
			}
		}
	}
}
