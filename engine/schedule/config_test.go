package schedule

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) Config {
	t.Helper()
	c, err := ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every class is made with the defaults of its constructor.
func TestDefaults(t *testing.T) {
	data, err := os.ReadFile("testdata/defaults.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Defaults map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	for class, keys := range f.Defaults {
		c, err := ParseConfig([]byte(`{"_class_name":"` + class + `"}`))
		if err != nil {
			t.Error(err)
			continue
		}
		data, err := json.Marshal(c.Settings.withoutInfinity())
		if err != nil {
			t.Fatal(err)
		}
		var have map[string]json.RawMessage
		if err := json.Unmarshal(data, &have); err != nil {
			t.Fatal(err)
		}
		for k, want := range keys {
			got, known := have[k]
			if !known || string(want) == "null" || string(want) == `"-inf"` || string(want) == "[]" {
				continue
			}
			if !sameNumber(string(got), string(want)) {
				t.Errorf("%s: %s is %s, want %s", class, k, got, want)
			}
		}
	}
}

func (s Settings) withoutInfinity() Settings {
	s.LambdaMin = 0
	return s
}

func sameNumber(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-6*math.Abs(y)
}

// Every schedule of the menu falls from at most the table's noisiest level to 0 or its least.
func TestNamedSchedules(t *testing.T) {
	table, err := parse(t, `{"_class_name":"PNDMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"}`).Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		for _, n := range []int{1, 2, 10, 37} {
			s, err := SigmasNamed(name, n, table)
			if err != nil {
				t.Errorf("%s, %d steps: %v", name, n, err)
				continue
			}
			if len(s) < n+1 || name != "DDIM" && len(s) != n+1 {
				t.Errorf("%s, %d steps: %d levels", name, n, len(s))
			}
			for i := 1; i < len(s); i++ {
				if !(s[i] < s[i-1]) {
					t.Errorf("%s, %d steps: level %d is %g after %g", name, n, i, s[i], s[i-1])
				}
			}
			if last := s[len(s)-1]; last != 0 && last > 0.03 {
				t.Errorf("%s, %d steps: ends at %g", name, n, last)
			}
		}
	}
	if _, err := SigmasNamed("Nonsense", 10, table); err == nil || !strings.Contains(err.Error(), "Nonsense") {
		t.Errorf("an unknown schedule: %v", err)
	}
}

// The quantiles of Beta(0.6, 0.6) against scipy.stats.beta.ppf.
func TestBetaQuantile(t *testing.T) {
	for _, c := range []struct{ p, a, b, want float64 }{
		{0.5, 0.6, 0.6, 0.5}, {0, 0.6, 0.6, 0}, {1, 0.6, 0.6, 1}, {0.25, 1, 1, 0.25}, {0.36, 1, 2, 0.2}, {0.25, 2, 1, 0.5},
		{0.25, 0.5, 0.5, math.Pow(math.Sin(math.Pi/8), 2)},
	} {
		if got := betaQuantile(c.p, c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("quantile %g of Beta(%g, %g) is %.15g, want %.15g", c.p, c.a, c.b, got, c.want)
		}
	}
}

func TestParseConfig(t *testing.T) {
	c := parse(t, `{"_class_name":"DPMSolverMultistepScheduler","_diffusers_version":"0.30","lambda_min_clipped":-Infinity,"a_key_of_tomorrow":NaN,
		"beta_start":0.00085,"note":"-Infinity in \"text\" stays","trained_betas":null,"variance_type":null}`)
	if !math.IsInf(c.LambdaMin, -1) || c.BetaStart != 0.00085 || c.BetaEnd != 0.02 || c.SolverOrder != 2 || !c.LowerOrderFinal {
		t.Errorf("read as %+v", c.Settings)
	}
	clipped := parse(t, `{"_class_name":"DPMSolverMultistepScheduler","lambda_min_clipped":-5.1}`)
	if clipped.LambdaMin != -5.1 {
		t.Errorf("lambda_min_clipped is %g", clipped.LambdaMin)
	}
	for text, names := range map[string]string{
		`{"_class_name":"NoSuchScheduler"}`: "NoSuchScheduler",
		`{}`:                                "_class_name",
		`[1]`:                               "JSON",
		`{"_class_name":"DDIMScheduler","num_train_timesteps":0}`:                                  "num_train_timesteps",
		`{"_class_name":"DDIMScheduler","num_train_timesteps":1e12}`:                               "num_train_timesteps",
		`{"_class_name":"DDIMScheduler","beta_schedule":"wavy"}`:                                   "wavy",
		`{"_class_name":"DDIMScheduler","prediction_type":"score"}`:                                "score",
		`{"_class_name":"DDIMScheduler","trained_betas":[0.1,0.2]}`:                                "trained_betas",
		`{"_class_name":"DDIMScheduler","beta_start":"small"}`:                                     "beta_start",
		`{"_class_name":"EulerDiscreteScheduler","use_karras_sigmas":true,"use_beta_sigmas":true}`: "use_karras_sigmas",
	} {
		if _, err := ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: error %v does not name %s", text, err, names)
		}
	}
}

// A switch of classes keeps what the file says and nothing that was a default.
func TestSwitch(t *testing.T) {
	c := parse(t, `{"_class_name":"PNDMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear","steps_offset":1}`)
	e := c.Switch("EulerDiscreteScheduler")
	if e.Class != "EulerDiscreteScheduler" || e.Spacing != "linspace" || e.Offset != 1 || e.BetaStart != 0.00085 {
		t.Errorf("switched to %s, %s, offset %d, beta_start %g", e.Class, e.Spacing, e.Offset, e.BetaStart)
	}
	if back := e.Switch("PNDMScheduler"); back.Spacing != "leading" || back.BetaEnd != 0.012 {
		t.Errorf("switched back to %s, beta_end %g", back.Spacing, back.BetaEnd)
	}
	if same := c.Switch("NoSuchScheduler"); same.Class != "PNDMScheduler" {
		t.Errorf("an unknown class switched to %s", same.Class)
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if again := parse(t, string(data)); fmt.Sprint(again.Settings) != fmt.Sprint(e.Settings) || again.Class != e.Class {
		t.Errorf("written and read again: %+v, want %+v", again.Settings, e.Settings)
	}
}

// FLUX's line, within it and beyond.
func TestMu(t *testing.T) {
	c := parse(t, `{"_class_name":"FlowMatchEulerDiscreteScheduler"}`)
	for tokens, want := range map[int]float64{256: 0.5, 4096: 1.15, 2176: 0.825, 64: 0.4675, 8192: 1.843333} {
		if got := c.Mu(tokens); math.Abs(got-want) > 1e-6 {
			t.Errorf("mu of %d tokens is %g, want %g", tokens, got, want)
		}
	}
}

// Steps of q(x_t|x_t-1), one after another, have the mean and the deviation of q(x_t|x_0).
func TestDiffuse(t *testing.T) {
	for _, file := range []string{`{"_class_name":"DDPMScheduler","num_train_timesteps":60,"beta_end":0.2}`,
		`{"_class_name":"FlowMatchEulerDiscreteScheduler","num_train_timesteps":60,"shift":2}`} {
		table, err := parse(t, file).Table()
		if err != nil {
			t.Fatal(err)
		}
		const n, last = 40000, 40
		rng := rand.New(rand.NewPCG(1, 2))
		noise := make([]float32, n)
		draw := func() []float32 {
			for i := range noise {
				noise[i] = float32(rng.NormFloat64())
			}
			return noise
		}
		x0, x, once := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x0 {
			x0[i] = 2
		}
		copy(x, x0)
		for ts := 0; ts <= last; ts++ {
			table.DiffuseStep(x, x, draw(), ts)
		}
		table.Diffuse(once, x0, draw(), last)
		signal, share := table.Share(last)
		for name, v := range map[string][]float32{"steps": x, "at once": once} {
			mean, variance := moments(v)
			if math.Abs(mean-2*float64(signal)) > 0.02 || math.Abs(math.Sqrt(variance)-float64(share)) > 0.015 {
				t.Errorf("%s %s: mean %g and deviation %g, want %g and %g", file, name, mean, math.Sqrt(variance), 2*signal, share)
			}
		}
	}
}
