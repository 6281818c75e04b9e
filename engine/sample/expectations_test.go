package sample

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// expectation is one of diffusers' assertions beside its loops. Those that are text there
// (errors and relations) are tests of their own below.
type expectation struct {
	Kind, Scheduler string
	Config          json.RawMessage
	Steps           int `json:"num_inference_steps"`
	Expected        json.RawMessage
	Custom          []float32 `json:"custom_timesteps"`
	Prev            []int     `json:"expected_prev"`
}

func expectations(t *testing.T) []expectation {
	t.Helper()
	data, err := os.ReadFile("testdata/expectations.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Expectations []expectation }
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Expectations
}

func (e expectation) sampler(t *testing.T, class string, steps int, own []float32) Sampler {
	t.Helper()
	settings := map[string]any{}
	if len(e.Config) > 0 {
		if err := json.Unmarshal(e.Config, &settings); err != nil {
			t.Fatal(err)
		}
	}
	settings["_class_name"] = class
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(config(t, string(data)), Options{Steps: steps, Timesteps: own, Shape: []int{1, 1, 1, 4}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExpectations(t *testing.T) {
	held := 0
	for _, e := range expectations(t) {
		switch {
		case e.Kind == "timesteps":
			alike(t, e.Scheduler, e.sampler(t, e.Scheduler, e.Steps, nil).Timesteps(), e.numbers(t), 0)
		case e.Kind == "sigmas":
			s := e.sampler(t, e.Scheduler, e.Steps, nil)
			for i, want := range e.numbers(t) {
				if got := float64(s.Sigmas()[i]); math.Abs(got-want) > 1e-5*math.Abs(want)+1e-8 {
					t.Errorf("%s: sigma %d is %g, want %g", e.Scheduler, i, got, want)
				}
			}
			alike(t, "timesteps of "+e.Scheduler, s.Timesteps(), []float64{995, 978, 877, 360, 9}, 0)
		case strings.HasPrefix(e.Kind, "variance"):
			e.variances(t)
		case e.Kind == "previous_timestep":
			d := e.sampler(t, "DDPMScheduler", 0, e.Custom).(*ddpm)
			for i, want := range e.Prev {
				if got := d.next(i); got != want {
					t.Errorf("after timestep %g comes %d, want %d", e.Custom[i], got, want)
				}
			}
			alike(t, "TCD's own timesteps", e.sampler(t, "TCDScheduler", 0, e.Custom).Timesteps(), widen(e.Custom), 0)
		default:
			continue
		}
		held++
	}
	if held != 9 {
		t.Errorf("%d expectations were held, want 9", held)
	}
}

func (e expectation) numbers(t *testing.T) (out []float64) {
	t.Helper()
	if err := json.Unmarshal(e.Expected, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (e expectation) variances(t *testing.T) {
	t.Helper()
	var want map[string]float64
	if err := json.Unmarshal(e.Expected, &want); err != nil {
		t.Fatal(err)
	}
	s := e.sampler(t, e.Scheduler, 1000, nil)
	for at, v := range want {
		first, second, both := strings.Cut(at, ",")
		from, err := strconv.Atoi(first)
		if err != nil {
			t.Fatal(err)
		}
		to := from - 1
		if both {
			if to, err = strconv.Atoi(second); err != nil {
				t.Fatal(err)
			}
		}
		var got float64
		switch s := s.(type) {
		case *ddim:
			got = s.variance(from, to)
		case *ddpm:
			got = s.posterior(from, to)
		case *unclip:
			_, beta := s.share(from, to)
			got = math.Sqrt(s.posterior(from, to))
			if e.Kind != "variance" {
				f := (0.5 + 1) / 2 // of a predicted 0.5
				got = f*math.Log(beta) + (1-f)*math.Log(s.posterior(from, to))
			}
		}
		if !(math.Abs(got-v) <= 1e-5) {
			t.Errorf("%s: variance at %s is %g, want %g", e.Scheduler, at, got, v)
		}
	}
}

// Timesteps that cannot be walked are refused with the reason.
func TestOwnTimesteps(t *testing.T) {
	for _, class := range []string{"DDPMScheduler", "TCDScheduler"} {
		cfg := config(t, `{"_class_name":"`+class+`"}`)
		for _, c := range []struct {
			times []float32
			say   string
		}{{[]float32{100, 87, 50, 51, 0}, "fall"}, {[]float32{1000, 5}, "outside"}, {[]float32{5, -1}, "outside"}} {
			_, err := New(cfg, Options{Timesteps: c.times, Shape: []int{1, 1, 1, 1}})
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%s, %v: error %v does not say %q", class, c.times, err, c.say)
			}
		}
		if _, err := New(cfg, Options{Steps: 3, Timesteps: []float32{9, 1}, Shape: []int{1, 1, 1, 1}}); err == nil {
			t.Errorf("%s takes 3 steps and 2 timesteps at once", class)
		}
	}
	for class, o := range map[string]Options{
		"DDIMScheduler":          {Timesteps: []float32{9, 1}},
		"KDPM2DiscreteScheduler": {Sigmas: []float32{9, 1}, Steps: 1},
		"EulerDiscreteScheduler": {Sigmas: []float32{1, 9}, Steps: 1},
	} {
		o.Shape = []int{1, 1, 1, 1}
		if _, err := New(config(t, `{"_class_name":"`+class+`"}`), o); err == nil {
			t.Errorf("%s takes %v %v", class, o.Timesteps, o.Sigmas)
		}
	}
}

// A class's own timesteps or noise levels, handed back to it, are the walk that it makes itself.
func TestHandedBack(t *testing.T) {
	for _, c := range []struct {
		class string
		extra []string
		twice bool // Heun's come twice
	}{
		{"EulerDiscreteScheduler", []string{"", `,"prediction_type":"sample"`, `,"prediction_type":"v_prediction"`, `,"interpolation_type":"log_linear"`,
			`,"final_sigmas_type":"sigma_min"`}, false},
		{"HeunDiscreteScheduler", []string{"", `,"prediction_type":"v_prediction"`}, true},
		{"DPMSolverMultistepScheduler", []string{"", `,"algorithm_type":"sde-dpmsolver++"`, `,"solver_order":3`, `,"final_sigmas_type":"sigma_min"`}, false},
		{"DPMSolverSinglestepScheduler", []string{"", `,"solver_order":3`, `,"final_sigmas_type":"sigma_min"`}, false},
	} {
		for _, extra := range c.extra {
			cfg := config(t, `{"_class_name":"`+c.class+`","beta_start":0.0001,"beta_end":0.02`+extra+`}`)
			o := Options{Steps: 10, Shape: []int{4, 3, 8, 8}}
			own, err := New(cfg, o)
			if err != nil {
				t.Fatal(err)
			}
			want := looped(t, own)
			o.Timesteps = own.Timesteps()
			if c.twice {
				o.Timesteps = o.Timesteps[:1:1]
				for i := 1; i < len(own.Timesteps()); i += 2 {
					o.Timesteps = append(o.Timesteps, own.Timesteps()[i])
				}
			}
			held(t, c.class+extra, cfg, o, want)
			if c.class == "EulerDiscreteScheduler" && extra != `,"interpolation_type":"log_linear"` {
				o.Timesteps, o.Sigmas = nil, own.Sigmas()
				held(t, "sigmas of "+c.class+extra, cfg, o, want)
			}
		}
	}
}

// looped is diffusers' dummy loop to its end.
func looped(t *testing.T, s Sampler) []float32 {
	t.Helper()
	x := dummy([]int{4, 3, 8, 8}, false)
	for i := range x {
		x[i] *= s.InitSigma()
	}
	st, rng, in := Start(s, x, 0), random.NewTorch(0), make([]float32, len(x))
	for !s.Done(st) {
		s.Scale(in, st.X, st)
		if err := s.Step(st, dummyNet(in, s.Timesteps()[st.Eval]), rng); err != nil {
			t.Fatal(err)
		}
	}
	return st.X
}

func held(t *testing.T, name string, cfg schedule.Config, o Options, want []float32) {
	t.Helper()
	s, err := New(cfg, o)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	sum := 0.0
	for i, v := range looped(t, s) {
		sum += math.Abs(float64(v - want[i]))
	}
	if !(sum < 1e-5*math.Max(1, absSum(want))) {
		t.Errorf("%s: the walk handed back ends %g away", name, sum)
	}
}
