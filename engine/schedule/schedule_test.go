package schedule

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

type recorded struct {
	Tables map[string]struct {
		Config map[string]any
		Index  []int
		Hex    []string `json:"alphas_cumprod_hex"`
	}
	Sigmas map[string][]float64
}

func recordings(t *testing.T) recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/tables.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTables(t *testing.T) {
	for name, c := range recordings(t).Tables {
		c.Config["_class_name"] = "DDIMScheduler"
		data, err := json.Marshal(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := ParseConfig(data)
		if err != nil {
			t.Fatal(err)
		}
		table, err := cfg.Table()
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range c.Index {
			bits, err := strconv.ParseUint(c.Hex[i], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			want, got := math.Float32frombits(uint32(bits)), table.AlphasCumprod[at]
			tolerance := 3e-7
			if table.AlphasCumprod[cfg.TrainTimesteps-1] == 0 {
				tolerance = 5e-5 // the rescaling subtracts near-equal numbers: an ulp of theirs grows
			}
			if math.Abs(float64(got-want)) > tolerance*math.Abs(float64(want))+1e-12 {
				t.Errorf("%s: alphas_cumprod[%d] is %g (%08x), want %g (%s)", name, at, got, math.Float32bits(got), want, c.Hex[i])
			}
		}
	}
}

func TestSigmas(t *testing.T) {
	const lo, hi = 0.0291675, 14.614642
	want := recordings(t).Sigmas
	for name, got := range map[string][]float64{
		"karras10":                 Karras(10, lo, hi, 7),
		"exponential10":            Exponential(10, lo, hi),
		"polyexponential10_rho0_5": Polyexponential(10, lo, hi, 0.5),
		"vp10":                     VP(10, 19.9, 0.1, 1e-3),
	} {
		for i, v := range got {
			// VP's least are e^x - 1 of a small x, in float32 there
			if math.Abs(v-want[name][i]) > 1e-5*want[name][i]+3e-6 {
				t.Errorf("%s[%d] is %g, want %g", name, i, v, want[name][i])
			}
		}
	}
}

// TestForward holds q(x_t|x_t-1), composed, against q(x_t|x_0): the shares
// exactly, and the values by drawing.
func TestForward(t *testing.T) {
	cfg, err := ParseConfig([]byte(`{"_class_name": "DDPMScheduler"}`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := cfg.Table()
	if err != nil {
		t.Fatal(err)
	}
	mean, variance := 1.0, 0.0
	for ts, b := range table.Betas {
		keep := math.Sqrt(1 - float64(b))
		mean, variance = mean*keep, variance*keep*keep+float64(b)
		signal, noise := table.Share(ts)
		if math.Abs(mean-float64(signal)) > 1e-5 || math.Abs(math.Sqrt(variance)-float64(noise)) > 1e-5 {
			t.Fatalf("at %d the steps give %g and %g, the table %g and %g", ts, mean, math.Sqrt(variance), signal, noise)
		}
	}
	const n, steps, start = 20000, 100, 2
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(dst []float32) {
		for i := range dst {
			dst[i] = float32(rng.NormFloat64())
		}
	}
	x, z := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = start
	}
	for ts := range steps {
		draw(z)
		table.DiffuseStep(x, x, z, ts)
	}
	whole, one := make([]float32, n), make([]float32, n)
	for i := range one {
		one[i] = start
	}
	draw(z)
	table.Diffuse(whole, one, z, steps-1)
	m1, v1 := moments(x)
	m2, v2 := moments(whole)
	if math.Abs(m1-m2) > 0.02 || math.Abs(v1-v2) > 0.01 {
		t.Errorf("steps give mean %g and variance %g, at once %g and %g", m1, v1, m2, v2)
	}
}

func moments(x []float32) (mean, variance float64) {
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	return mean, variance
}

func TestSwitchKeepsOnlySavedKeys(t *testing.T) {
	cfg, err := ParseConfig([]byte(`{"_class_name": "PNDMScheduler", "beta_end": 0.012, "lambda_min_clipped": -Infinity, "unheard_of": 3}`))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Spacing != "leading" {
		t.Errorf("PNDM's spacing is %q", cfg.Spacing)
	}
	e := cfg.Switch("EulerDiscreteScheduler")
	if e.Spacing != "linspace" || e.BetaEnd != 0.012 || e.Class != "EulerDiscreteScheduler" {
		t.Errorf("Euler made from it has spacing %q and beta_end %g", e.Spacing, e.BetaEnd)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"_class_name": "DDIMScheduler", "lambda_min_clipped": -Infinity, "trained_betas": null}`))
	f.Add([]byte(`{"_class_name": "NoSuchScheduler"}`))
	f.Add([]byte(`{"_class_name": "DDPMScheduler", "num_train_timesteps": -1}`))
	f.Add([]byte(`{"_class_name": "EulerDiscreteScheduler", "beta_start": NaN}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := ParseConfig(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseConfig(again); err != nil {
			t.Fatalf("%s does not come back: %v", again, err)
		}
		if table, err := cfg.Table(); err == nil && len(table.Betas) != 0 && len(table.Betas) != cfg.TrainTimesteps {
			t.Fatalf("%d betas for %d timesteps", len(table.Betas), cfg.TrainTimesteps)
		}
	})
}
