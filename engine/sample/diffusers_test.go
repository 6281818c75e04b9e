package sample

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// reference is one recorded run of a diffusers scheduler over a made-up network.
type reference struct {
	ID, Class, Loop   string
	Steps             int
	Config            map[string]any
	Shape             []int
	Seed              *uint64
	Eta, Strength     float64
	Begin             int `json:"t_start"`
	First, Last       []float64
	AbsSum            float64 `json:"abs_sum"`
	Sum, Tol          float64
	Mean              float64
	MeanTol           float64   `json:"mean_tol"`
	Own               []float32 // timesteps that the run was given
	Sums              []float64
	Timesteps, Sigmas []float64
	Init              float64
}

func references(t *testing.T) []reference {
	t.Helper()
	data, err := os.ReadFile("testdata/diffusers.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []reference }
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Cases
}

// dummy is the tests' sample: arange(n)/n with the batch as the last axis, counted down for noise.
func dummy(shape []int, down bool) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	per := n / shape[0]
	out := make([]float32, n)
	for b := 0; b < shape[0]; b++ {
		for i := 0; i < per; i++ {
			v := i*shape[0] + b
			if down {
				v = n - 1 - v
			}
			out[b*per+i] = float32(v) / float32(n)
		}
	}
	return out
}

// dummyNet is the tests' network, (x t)/(t + 1).
func dummyNet(x []float32, t float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v*t) / (t + 1)
	}
	return out
}

func (r reference) sampler(t *testing.T) Sampler {
	t.Helper()
	cfg := map[string]any{"_class_name": r.Class}
	for k, v := range r.Config {
		cfg[k] = v
	}
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := schedule.ParseConfig(data)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Steps: r.Steps, Eta: float32(r.Eta), Shape: r.Shape, Timesteps: r.Own}
	if r.lcm() {
		o.Strength = float32(r.Strength)
	}
	s, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r reference) lcm() bool { return r.Class == "LCMScheduler" || r.Class == "TCDScheduler" }

func (r reference) noise() Noise {
	if r.Seed == nil {
		return nil
	}
	return random.NewTorch(*r.Seed)
}

// start is the state before the case's first evaluation.
func (r reference) start(s Sampler) *State {
	x := dummy(r.Shape, false)
	begin := r.Begin * s.Order()
	switch {
	case r.Loop == "plain_skip3":
		begin = 3
	case r.Strength > 0 && !r.lcm():
		begin = max(r.Steps-int(float64(r.Steps)*r.Strength), 0) * s.Order()
	}
	if strings.HasPrefix(r.Loop, "scaled") || r.Loop == "sa_globalrng" || r.Loop == "pipeline" && r.Strength == 0 {
		for i := range x {
			x[i] *= s.InitSigma()
		}
	}
	if strings.HasSuffix(r.Loop, "_noise") || r.Strength > 0 {
		s.AddNoise(x, x, dummy(r.Shape, true), begin)
	}
	return Start(s, x, begin)
}

// evaluate is one turn of the case's loop.
func (r reference) evaluate(t *testing.T, s Sampler, st *State, n Noise) {
	t.Helper()
	in := st.X
	if strings.HasPrefix(r.Loop, "scaled") || r.Loop == "pipeline" || r.Loop == "sa_globalrng" {
		in = make([]float32, len(st.X))
		s.Scale(in, st.X, st)
		if strings.Contains(r.Loop, "overwrite") || r.Loop == "sa_globalrng" {
			st.X = in
		}
	}
	told := s.Timesteps()[st.Eval]
	if r.Loop == "sde_ve" {
		// diffusers' test sets the levels before the steps, so that they are the first of 2000
		k := float64(st.Eval/s.Order()) / 1999
		told = float32(0.01 * math.Pow(134800, 1-k*(1-1e-5)))
	}
	if err := s.Step(st, dummyNet(in, told), n); err != nil {
		t.Fatal(err)
	}
}

func TestDiffusers(t *testing.T) {
	for _, r := range references(t) {
		t.Run(r.ID, func(t *testing.T) {
			s := r.sampler(t)
			r.checkTables(t, s)
			st, n := r.start(s), r.noise()
			for i := 0; !s.Done(st); i++ {
				r.evaluate(t, s, st, n)
				each := 1
				if r.Loop == "sde_ve" {
					each = s.Order() // recorded after whole steps
				}
				if i/each < len(r.Sums) && (i+1)%each == 0 && r.Loop != "ipndm_twice" {
					near(t, "sum of |x| after evaluation", i, absSum(st.X), r.Sums[i/each], 2e-4)
				}
				if t.Failed() {
					return
				}
			}
			if r.Loop == "ipndm_twice" {
				st.Eval = 0
				for !s.Done(st) {
					r.evaluate(t, s, st, n)
				}
			}
			r.checkEnd(t, st.X)
		})
	}
}

func (r reference) checkTables(t *testing.T, s Sampler) {
	t.Helper()
	if len(r.Timesteps) > 0 && len(s.Timesteps()) != len(r.Timesteps) {
		t.Fatalf("timesteps %v, want %v", s.Timesteps(), r.Timesteps)
	}
	for i, v := range r.Timesteps {
		nearBy(t, "timestep", i, float64(s.Timesteps()[i]), v, 1e-5*max(1, math.Abs(v)))
	}
	if len(s.Sigmas()) == len(r.Sigmas) {
		for i, v := range r.Sigmas {
			near(t, "sigma", i, float64(s.Sigmas()[i]), v, 1e-5)
		}
	} else if r.Sigmas != nil {
		t.Errorf("%d sigmas %v, want %d: %v", len(s.Sigmas()), s.Sigmas(), len(r.Sigmas), r.Sigmas)
	}
	if r.Init != 0 {
		near(t, "initial sigma", 0, float64(s.InitSigma()), r.Init, 1e-6)
	}
}

func (r reference) checkEnd(t *testing.T, x []float32) {
	t.Helper()
	near(t, "sum of |x|", 0, absSum(x), r.AbsSum, 1e-4)
	if r.Sum != 0 && !(math.Abs(absSum(x)-r.Sum) <= r.Tol) {
		t.Errorf("diffusers' assertion: sum %g, want %g within %g", absSum(x), r.Sum, r.Tol)
	}
	if got := absSum(x) / float64(len(x)); r.MeanTol > 0 && !(math.Abs(got-r.Mean) <= r.MeanTol) {
		t.Errorf("diffusers' assertion: mean %g, want %g within %g", got, r.Mean, r.MeanTol)
	}
	mean := r.AbsSum / float64(len(x))
	for i, v := range r.First {
		nearBy(t, "first value", i, float64(x[i]), v, 2e-4*max(mean, math.Abs(v)))
	}
	for i, v := range r.Last {
		nearBy(t, "last value", i, float64(x[len(x)-len(r.Last)+i]), v, 2e-4*max(mean, math.Abs(v)))
	}
}

func absSum(x []float32) (s float64) {
	for _, v := range x {
		s += math.Abs(float64(v))
	}
	return s
}

func near(t *testing.T, what string, i int, got, want, relative float64) {
	t.Helper()
	nearBy(t, what, i, got, want, relative*max(math.Abs(want), 1e-3))
}

func nearBy(t *testing.T, what string, i int, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s %d is %.8g, want %.8g", what, i, got, want)
	}
}
