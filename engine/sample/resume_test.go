package sample

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// everyClass is each class that New makes, k-diffusion's functions included.
func everyClass() []string {
	classes := slices.Clone(schedule.Classes())
	for _, k := range []string{"euler", "euler_ancestral", "heun", "dpm_2", "dpm_2_ancestral", "lms", "dpmpp_2s_ancestral", "dpmpp_sde",
		"dpmpp_2m", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde", "dpm_fast", "dpm_adaptive", "restart", "er_sde"} {
		classes = append(classes, schedule.KDiffusion+k)
	}
	return slices.DeleteFunc(classes, func(c string) bool {
		return ofClass(c) == nil
	})
}

// TestResume stops every sampler after every evaluation, writes the state as
// JSON, reads it back, and wants the same bits at the end.
func TestResume(t *testing.T) {
	classes := everyClass()
	if len(classes) < 25 {
		t.Fatalf("only %d samplers: %v", len(classes), classes)
	}
	for _, class := range classes {
		t.Run(class, func(t *testing.T) {
			s := madeFor(t, class)
			whole := walked(t, s, Start(s, dummy([]int{2, 3, 4, 4}, true), 0), random.NewTorch(3), math.MaxInt)
			evals := len(s.Timesteps())
			for stop := 1; stop < evals; stop++ {
				rng := random.NewTorch(3)
				st := walked(t, s, Start(s, dummy([]int{2, 3, 4, 4}, true), 0), rng, stop)
				data, err := json.Marshal(st)
				if err != nil {
					t.Fatal(err)
				}
				var back State
				if err := json.Unmarshal(data, &back); err != nil {
					t.Fatal(err)
				}
				end := walked(t, madeFor(t, class), &back, rng, math.MaxInt)
				if !slices.Equal(end.X, whole.X) {
					t.Fatalf("stopped after evaluation %d of %d it ends elsewhere", stop, evals)
				}
			}
		})
	}
}

func madeFor(t *testing.T, class string) Sampler {
	t.Helper()
	cfg, err := schedule.ParseConfig([]byte(`{"_class_name": "` + class + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, Options{Steps: 6, Shape: []int{2, 3, 4, 4}, Seed: 5, Eta: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// walked goes on to the end or to evaluation stop over a made-up network.
func walked(t *testing.T, s Sampler, st *State, rng Noise, stop int) *State {
	t.Helper()
	in := make([]float32, len(st.X))
	for !s.Done(st) && st.Eval < stop {
		s.Scale(in, st.X, st)
		for i, v := range in {
			in[i] = float32(math.Tanh(float64(v)))
		}
		if s.LearnedVariance() {
			in = append(in, in...)
		}
		if err := s.Step(st, in, rng); err != nil {
			t.Fatal(err)
		}
		for i, v := range st.X {
			if math.IsNaN(float64(v)) {
				t.Fatalf("value %d is not a number after evaluation %d", i, st.Eval)
			}
		}
	}
	return st
}

// TestRefusals wants an error, not a panic, from impossible requests.
func TestRefusals(t *testing.T) {
	for _, class := range everyClass() {
		cfg, err := schedule.ParseConfig([]byte(`{"_class_name": "` + class + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, steps := range []int{0, -1} {
			if _, err := New(cfg, Options{Steps: steps, Shape: []int{1, 4, 8, 8}}); err == nil {
				t.Errorf("%s makes %d steps", class, steps)
			}
		}
		for _, steps := range []int{1, 2, 3, 50} {
			s, err := New(cfg, Options{Steps: steps, Shape: []int{1, 4, 8, 8}})
			if err == nil && len(s.Timesteps()) == 0 {
				t.Errorf("%s has no evaluation in %d steps", class, steps)
			}
		}
	}
}
