package sample

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"nirvana/engine/schedule"
)

const (
	sd1File  = `{"_class_name":"PNDMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear","num_train_timesteps":1000,"set_alpha_to_one":false,"skip_prk_steps":true,"steps_offset":1,"clip_sample":false}`
	fluxFile = `{"_class_name":"FlowMatchEulerDiscreteScheduler","num_train_timesteps":1000,"shift":3.0,"use_dynamic_shifting":true,"base_shift":0.5,"max_shift":1.15,"base_image_seq_len":256,"max_image_seq_len":4096}`
	sd3File  = `{"_class_name":"FlowMatchEulerDiscreteScheduler","num_train_timesteps":1000,"shift":3.0}`
)

func config(t *testing.T, file string) schedule.Config {
	t.Helper()
	c, err := schedule.ParseConfig([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNamed(t *testing.T) {
	base := config(t, sd1File)
	for _, c := range []struct {
		sampler, schedule string
		class, walk       string
	}{
		{"", "", "PNDMScheduler", ""},
		{"Euler a", "", "sample_euler_ancestral", ""},
		{"euler_ancestral", "", "sample_euler_ancestral", ""},
		{"sample_euler_ancestral", "", "sample_euler_ancestral", ""},
		{"EulerAncestralDiscreteScheduler", "", "EulerAncestralDiscreteScheduler", ""},
		{"Euler", "Automatic", "sample_euler", ""},
		{"DPM++ 2M", "", "sample_dpmpp_2m", ""},
		{"DPM++ 2M", "Automatic", "sample_dpmpp_2m", "Karras"},
		{"DPM++ 2M Karras", "", "sample_dpmpp_2m", "Karras"},
		{"DPM++ 2M Karras", "Automatic", "sample_dpmpp_2m", "Karras"},
		{"dpmpp_2m_sde", "SGM Uniform", "sample_dpmpp_2m_sde", "SGM Uniform"},
		{"DPM++ 2M SDE Exponential", "", "sample_dpmpp_2m_sde", "Exponential"},
		{"uni_pc", "", "UniPCMultistepScheduler", ""},
		{"PLMS", "", "PNDMScheduler", ""},
		{"k_lms", "Beta", "sample_lms", "Beta"},
	} {
		got, err := Named(c.sampler, c.schedule, base)
		if err != nil {
			t.Errorf("%q, %q: %v", c.sampler, c.schedule, err)
			continue
		}
		if got.Class != c.class || got.Schedule != c.walk {
			t.Errorf("%q, %q is %s over %q, want %s over %q", c.sampler, c.schedule, got.Class, got.Schedule, c.class, c.walk)
		}
		if got.BetaStart != 0.00085 || got.BetaSchedule != "scaled_linear" {
			t.Errorf("%q loses the model's betas: %g, %s", c.sampler, got.BetaStart, got.BetaSchedule)
		}
	}
}

// The names of AUTOMATIC1111's menus before and after 1.9, ComfyUI's and diffusers' classes are all known.
func TestKnownNames(t *testing.T) {
	base := config(t, sd1File)
	names := []string{"Euler a", "Euler", "LMS", "Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 3M SDE",
		"DPM fast", "DPM adaptive", "LMS Karras", "DPM2 Karras", "DPM2 a Karras", "DPM++ 2S a Karras", "DPM++ 2M Karras", "DPM++ SDE Karras", "DPM++ 2M SDE Karras",
		"DPM++ 2M SDE Exponential", "DPM++ 2M SDE Heun Karras", "DPM++ 2M SDE Heun Exponential", "DPM++ 3M SDE Karras", "DPM++ 3M SDE Exponential", "Restart", "DDIM", "PLMS", "UniPC", "LCM",
		"euler", "euler_ancestral", "heun", "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_sde", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde",
		"ddpm", "lcm", "ddim", "uni_pc", "uni_pc_bh2", "er_sde", "sa_solver", "deis", "ipndm", "TCD", "SA-Solver"}
	for _, name := range append(names, schedule.Classes()...) {
		cfg, err := Named(name, "", base)
		if err == nil && ofClass(cfg.Class) == nil {
			err = fmt.Errorf("nothing makes %s", cfg.Class)
		}
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Settings of the model that a switch must neither lose nor invent.
func TestNamedKeeps(t *testing.T) {
	ddim, err := Named("DDIM", "", config(t, `{"_class_name":"PNDMScheduler","beta_schedule":"scaled_linear"}`))
	if err != nil || ddim.ClipSample {
		t.Errorf("DDIM made of PNDM clips latents: %v, %v", ddim.ClipSample, err)
	}
	pixel, err := Named("DDIM", "", config(t, `{"_class_name":"DDPMScheduler"}`))
	if err != nil || !pixel.ClipSample {
		t.Errorf("DDIM made of DDPM does not clip: %v, %v", pixel.ClipSample, err)
	}
	v, err := Named("DPM++ SDE", "Karras", config(t, `{"_class_name":"DDPMScheduler","prediction_type":"v_prediction"}`))
	if err != nil || v.Prediction != schedule.V || v.BetaStart != 0.0001 {
		t.Errorf("DPM++ SDE of a v model: %s, beta_start %g, %v", v.Prediction, v.BetaStart, err)
	}
	euler, err := Named("", "Karras", config(t, `{"_class_name":"EulerDiscreteScheduler","use_beta_sigmas":true}`))
	if err != nil || !euler.Karras || euler.Beta {
		t.Errorf("Karras for beta: %v, %v, %v", euler.Karras, euler.Beta, err)
	}
}

func TestNamedFlow(t *testing.T) {
	for _, file := range []string{fluxFile, sd3File} {
		base := config(t, file)
		for _, name := range []string{"Euler", "Heun", "DPM++ 2M", "DPM++ 2S", "UniPC"} {
			cfg, err := Named(name, "", base)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			checkFlowRun(t, name, cfg)
		}
		if _, err := Named("Euler a", "", base); err == nil || !strings.Contains(err.Error(), "Euler a") {
			t.Errorf("Euler a on a flow model: %v", err)
		}
	}
}

// checkFlowRun walks a flow whose picture is all 0.25: the network that knows it must arrive there.
func checkFlowRun(t *testing.T, name string, cfg schedule.Config) {
	t.Helper()
	s, err := New(cfg, Options{Steps: 8, Shape: []int{1, 1, 1, 4}, Mu: float32(cfg.Mu(1024))})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	st := Start(s, []float32{1, -1, 0.5, 2}, 0)
	for !s.Done(st) {
		sigma := s.Sigmas()[st.Eval]
		v := make([]float32, 4)
		for i, x := range st.X {
			v[i] = (x - 0.25) / sigma
		}
		if err := s.Step(st, v, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range st.X {
		nearBy(t, name+" arrives at", 0, float64(x), 0.25, 1e-3)
	}
}

func TestNamedRefuses(t *testing.T) {
	base := config(t, sd1File)
	for _, c := range [][3]string{
		{"Nonsense", "", `"Nonsense"`},
		{"Euler", "Nonsense", `"Nonsense"`},
		{"DDIM", "Karras", "Karras"},
		{"UniPC", "KL Optimal", "KL Optimal"},
		{"DDIMSchedulerr", "", "DDIMSchedulerr"},
	} {
		if _, err := Named(c[0], c[1], base); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%q, %q: error %v does not name %s", c[0], c[1], err, c[2])
		}
	}
}

// Every sampler of the menu runs over every schedule that it takes, draws numbers only if
// it says so, asks as often as it says, and ends near the picture that the network knows.
func TestMenu(t *testing.T) {
	base := config(t, sd1File)
	for _, info := range Names() {
		ran := 0
		for _, name := range append([]string{""}, Schedules()...) {
			cfg, err := Named(info.Name, name, base)
			if err != nil {
				continue
			}
			ran++
			runMenu(t, info, name, cfg)
		}
		if ran < 4 {
			t.Errorf("%s runs over %d schedules only", info.Name, ran)
		}
	}
}

func runMenu(t *testing.T, info Info, name string, cfg schedule.Config) {
	t.Helper()
	const steps = 12
	s, err := New(cfg, Options{Steps: steps, Shape: []int{1, 1, 8, 8}, Seed: 3, Eta: 0})
	if err != nil {
		t.Errorf("%s over %q: %v", info.Name, name, err)
		return
	}
	n := &counter{}
	x := make([]float32, 64)
	for i := range x {
		x[i] = float32(i%9-4) / 3 * s.InitSigma()
	}
	st := Start(s, x, 0)
	in := make([]float32, len(x))
	for !s.Done(st) {
		s.Scale(in, st.X, st)
		if err := s.Step(st, perfect(cfg, s, st), n); err != nil {
			t.Fatal(err)
		}
	}
	for i := range st.X {
		if want := target(i); !(st.X[i] > want-0.35 && st.X[i] < want+0.35) {
			t.Errorf("%s over %q ends at %g, the picture has %g there", info.Name, name, st.X[i], want)
			break
		}
	}
	if got := len(s.Timesteps()); info.Evaluations == 2 && name != "DDIM" && got < 2*steps-2 || info.Evaluations == 1 && got > steps+2 && name != "DDIM" {
		t.Errorf("%s over %q: %d evaluations in %d steps, said %d a step", info.Name, name, got, steps, info.Evaluations)
	}
	if n.drawn > 0 && !info.Stochastic {
		t.Errorf("%s draws %d times and says it does not", info.Name, n.drawn)
	}
}

// target is the picture that the perfect network has in mind.
func target(i int) float32 { return float32(i%5)/4 - 0.5 }

// perfect is the noise that x_t would have if x_0 were the target, from the network's own input.
func perfect(cfg schedule.Config, s Sampler, st *State) []float32 {
	t, err := cfg.Table()
	if err != nil {
		panic(err)
	}
	in := make([]float32, len(st.X))
	s.Scale(in, st.X, st)
	now, _ := At(s, st)
	at := float64(now)
	sigma := schedule.Sigma(at, schedule.Logs(t.Sigmas()))
	l := vp(sigma)
	out := make([]float32, len(in))
	for i := range out {
		out[i] = float32((float64(in[i]) - l.a*float64(target(i))) / l.s)
	}
	return out
}

// counter is noise that counts its draws.
type counter struct{ drawn int }

func (c *counter) Normal(dst []float32) {
	c.drawn++
	for i := range dst {
		dst[i] = float32((i*7+c.drawn*3)%11-5) / 4
	}
}

// A State is plain: JSON and back changes nothing.
func TestStateIsPlain(t *testing.T) {
	s := State{Eval: 2, Begin: 1, X: []float32{1, 2}, Memory: [][]float32{{3}, nil}, Numbers: []float64{0.5}}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(data, &back); err != nil || back.Eval != 2 || back.Begin != 1 || back.X[1] != 2 || back.Memory[1] != nil {
		t.Errorf("%+v, %v", back, err)
	}
	c := s.Clone()
	c.X[0], c.Memory[0][0], c.Numbers[0] = 9, 9, 9
	if s.X[0] != 1 || s.Memory[0][0] != 3 || s.Numbers[0] != 0.5 {
		t.Error("a clone shares its slices")
	}
}
