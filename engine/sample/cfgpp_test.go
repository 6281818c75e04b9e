package sample

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"nirvana/engine/random"
)

// TestPlusPlus holds CFG++ against the paper's DDIM and ComfyUI's Euler, computed apart (see
// the file), over a network that is tanh of x with the prompt and another without.
func TestPlusPlus(t *testing.T) {
	data, err := os.ReadFile("testdata/cfgpp.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	const betas = `"beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"`
	for name, file := range map[string]string{
		"ddim_epsilon":      `{"_class_name":"DDIMScheduler","clip_sample":false,"set_alpha_to_one":false,"steps_offset":1,` + betas + `}`,
		"ddim_v_prediction": `{"_class_name":"DDIMScheduler","clip_sample":false,"set_alpha_to_one":false,"steps_offset":1,"prediction_type":"v_prediction",` + betas + `}`,
		"euler":             `{"_class_name":"EulerDiscreteScheduler",` + betas + `}`,
		"euler_ancestral":   `{"_class_name":"EulerAncestralDiscreteScheduler",` + betas + `}`,
	} {
		var end []float64
		if err := json.Unmarshal(want[name], &end); err != nil {
			t.Fatal(err)
		}
		got := plusRun(t, file, nil)
		if name == "euler" || name == "euler_ancestral" {
			// the functions of k-diffusion do the same over the same levels
			s := samplerOf(t, file, nil)
			k := plusRun(t, `{"_class_name":"sample_`+name+`",`+betas+`}`, s.Sigmas())
			for i := range k {
				nearBy(t, "k-diffusion's "+name, i, float64(k[i]), float64(got[i]), 2e-4*math.Max(1, math.Abs(end[i])))
			}
		}
		for i := range got {
			nearBy(t, name, i, float64(got[i]), end[i], 5e-5*math.Max(1, math.Abs(end[i])))
		}
	}
}

func samplerOf(t *testing.T, file string, sigmas []float32) Sampler {
	t.Helper()
	s, err := New(config(t, file), Options{Steps: 8, Shape: []int{1, 1, 1, 48}, Sigmas: sigmas})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func plusRun(t *testing.T, file string, sigmas []float32) []float32 {
	t.Helper()
	s := samplerOf(t, file, sigmas)
	x := make([]float32, 48)
	for i := range x {
		x[i] = (float32(i)/48*2 - 1) * 1.5
		if init := s.InitSigma(); init != 1 {
			x[i] *= s.Sigmas()[0]
		}
	}
	st, rng, in := Start(s, x, 0), random.NewTorch(3), make([]float32, len(x))
	for !s.Done(st) {
		s.Scale(in, st.X, st)
		at := float64(s.Timesteps()[st.Eval])
		guided, uncond := make([]float32, len(in)), make([]float32, len(in))
		for i, v := range in {
			c := math.Tanh(0.8*float64(v)) * (0.5 + at/1500)
			u := math.Tanh(0.5*float64(v)+0.1) * (0.4 + at/1200)
			guided[i], uncond[i] = float32(u+0.6*(c-u)), float32(u)
		}
		if err := s.(PlusPlus).StepPlus(st, guided, uncond, rng); err != nil {
			t.Fatal(err)
		}
	}
	return st.X
}
