package sample

import (
	"fmt"
	"math"
	"testing"

	"nirvana/engine/random"
	"nirvana/engine/schedule"
)

// TestSturdy walks every class over short and long walks, from the start and from the
// middle, with the settings that model folders carry: it either says why not or stays finite.
func TestSturdy(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	settings := []string{"", `,"timestep_spacing":"leading","steps_offset":1`, `,"timestep_spacing":"trailing"`, `,"use_karras_sigmas":true`,
		`,"use_exponential_sigmas":true`, `,"use_beta_sigmas":true`, `,"prediction_type":"v_prediction"`, `,"prediction_type":"sample"`,
		`,"thresholding":true,"clip_sample":true`, `,"solver_order":3`, `,"final_sigmas_type":"sigma_min"`, `,"num_train_timesteps":40`}
	ran := 0
	for _, class := range everyClass() {
		for _, extra := range settings {
			file := fmt.Sprintf(`{"_class_name":%q,"beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"%s}`, class, extra)
			cfg, err := schedule.ParseConfig([]byte(file))
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			for _, steps := range []int{1, 2, 3, 4, 7, 40} {
				ran += sturdyRun(t, file, cfg, steps)
			}
		}
	}
	if ran < 2000 {
		t.Errorf("only %d walks ran", ran)
	}
}

func sturdyRun(t *testing.T, file string, cfg schedule.Config, steps int) int {
	t.Helper()
	shape := []int{2, 1, 1, 2}
	s, err := New(cfg, Options{Steps: steps, Shape: shape, Eta: 0.3, Seed: 1, Mu: 1})
	if err != nil {
		return 0
	}
	n := len(s.Timesteps())
	if n < 1 || len(s.Sigmas()) < n {
		t.Errorf("%s, %d steps: %d timesteps and %d sigmas", file, steps, n, len(s.Sigmas()))
		return 0
	}
	size := 4
	if s.LearnedVariance() {
		size = 8
	}
	for _, begin := range []int{0, n / 2 / s.Order() * s.Order()} {
		x := []float32{0.5, -1, 1.5, 0.1}
		s.AddNoise(x, x, []float32{1, -0.5, 0.2, -2}, begin)
		st, rng := Start(s, x, begin), random.NewTorch(1)
		for !s.Done(st) {
			in, out := make([]float32, 4), make([]float32, size)
			s.Scale(in, st.X, st)
			for i := range in {
				out[i] = 0.3 * in[i]
				if cfg.Class == "ScoreSdeVeScheduler" { // its network gives the score, which pulls towards the data
					sigma := s.Timesteps()[st.Eval]
					out[i] = -in[i] / (1 + sigma*sigma)
				}
			}
			if err := s.Step(st, out, rng); err != nil {
				t.Errorf("%s, %d steps: %v", file, steps, err)
				return 0
			}
		}
		for _, v := range append(clone(st.X), st.X0...) {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Errorf("%s, %d steps from %d: %v, predicted %v", file, steps, begin, st.X, st.X0)
				return 0
			}
		}
	}
	return 1
}
