// Package schedule holds the noise schedules of diffusion: how much of the picture is left at each timestep (Table),
// which timesteps a run of N steps visits (Spacing), and its noise levels sigma (Karras and the others). Tables are
// float32 as in diffusers; float64 ones would exceed its tolerances.
//
// Start with ParseConfig, which reads a model folder's scheduler_config.json, and Config.Table, the table of betas
// and alphas_cumprod that it describes. Table.Diffuse is the forward process q(x_t|x_0), Table.DiffuseStep one step
// of it.
package schedule

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
)

// Prediction is what the network predicts.
type Prediction string

// The four kinds of prediction, as diffusers' prediction_type.
const (
	Epsilon Prediction = "epsilon"         // the noise in x_t
	Sample  Prediction = "sample"          // x_0
	V       Prediction = "v_prediction"    // sqrt(ac) noise - sqrt(1-ac) x_0 (Salimans & Ho, 2022)
	Flow    Prediction = "flow_prediction" // noise - x_0 (Lipman et al., 2023)
)

// Config is a diffusers scheduler_config.json: the class and its settings. Keys absent from the file have their
// class's default.
type Config struct {
	Class string
	Settings
	saved map[string]json.RawMessage
}

// Settings are the keys of all classes, with diffusers' names. A zero SigmaMin, SigmaMax, ShiftTerminal or NoiseSeed
// is an absent one.
type Settings struct {
	TrainTimesteps   int        `json:"num_train_timesteps"`
	BetaStart        float64    `json:"beta_start"`
	BetaEnd          float64    `json:"beta_end"`
	BetaSchedule     string     `json:"beta_schedule"`
	TrainedBetas     []float32  `json:"trained_betas"`
	Prediction       Prediction `json:"prediction_type"`
	Spacing          string     `json:"timestep_spacing"`
	Offset           int        `json:"steps_offset"`
	ZeroSNR          bool       `json:"rescale_betas_zero_snr"`
	ClipSample       bool       `json:"clip_sample"`
	ClipRange        float32    `json:"clip_sample_range"`
	Thresholding     bool       `json:"thresholding"`
	ThresholdRatio   float64    `json:"dynamic_thresholding_ratio"`
	SampleMax        float32    `json:"sample_max_value"`
	AlphaToOne       bool       `json:"set_alpha_to_one"`
	Variance         string     `json:"variance_type"`
	SkipPRK          bool       `json:"skip_prk_steps"`
	Karras           bool       `json:"use_karras_sigmas"`
	Exponential      bool       `json:"use_exponential_sigmas"`
	Beta             bool       `json:"use_beta_sigmas"`
	Lu               bool       `json:"use_lu_lambdas"`
	FlowSigmas       bool       `json:"use_flow_sigmas"`
	FlowShift        float64    `json:"flow_shift"`
	SigmaMin         float64    `json:"sigma_min"`
	SigmaMax         float64    `json:"sigma_max"`
	SigmaData        float64    `json:"sigma_data"`
	SigmaSchedule    string     `json:"sigma_schedule"`
	Rho              float64    `json:"rho"`
	TimestepType     string     `json:"timestep_type"`
	Interpolation    string     `json:"interpolation_type"`
	FinalSigmas      string     `json:"final_sigmas_type"`
	SolverOrder      int        `json:"solver_order"`
	SolverType       string     `json:"solver_type"`
	Algorithm        string     `json:"algorithm_type"`
	LowerOrderFinal  bool       `json:"lower_order_final"`
	EulerAtFinal     bool       `json:"euler_at_final"`
	LambdaMin        float64    `json:"lambda_min_clipped"`
	PredictX0        bool       `json:"predict_x0"`
	DisableCorrector []int      `json:"disable_corrector"`
	PredictorOrder   int        `json:"predictor_order"`
	CorrectorOrder   int        `json:"corrector_order"`
	OriginalSteps    int        `json:"original_inference_steps"`
	TimestepScaling  float64    `json:"timestep_scaling"`
	NoiseSeed        *uint64    `json:"noise_sampler_seed"`
	Shift            float64    `json:"shift"`
	DynamicShift     bool       `json:"use_dynamic_shifting"`
	ShiftType        string     `json:"time_shift_type"`
	ShiftTerminal    float64    `json:"shift_terminal"`
	BaseShift        float64    `json:"base_shift"`
	MaxShift         float64    `json:"max_shift"`
	BaseSeqLen       int        `json:"base_image_seq_len"`
	MaxSeqLen        int        `json:"max_image_seq_len"`
	InvertSigmas     bool       `json:"invert_sigmas"`
	Stochastic       bool       `json:"stochastic_sampling"`
	SNoise           float64    `json:"s_noise"`
	ClipDenoised     bool       `json:"clip_denoised"`
	SNR              float64    `json:"snr"`
	SamplingEps      float64    `json:"sampling_eps"`
	CorrectSteps     int        `json:"correct_steps"`

	// Schedule is one of Names, for the samplers that take any; a key of this program.
	Schedule string `json:"schedule"`
}

// defaultsFile holds the default settings of every class,
// from diffusers' constructors (commit 58eb52c0).
//
//go:embed defaults.json
var defaultsFile []byte

// KDiffusion begins the class names of k-diffusion's samplers: the function's name. Their schedule is
// Settings.Schedule.
const KDiffusion = "sample_"

const kDefaults = `{"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "epsilon"}`

// Classes are the known diffusers classes, sorted.
func Classes() []string {
	var all map[string]json.RawMessage
	if json.Unmarshal(defaultsFile, &all) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(all))
}

func defaults(class string) (json.RawMessage, error) {
	if strings.HasPrefix(class, KDiffusion) {
		return json.RawMessage(kDefaults), nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(defaultsFile, &all); err != nil {
		return nil, err
	}
	if d, ok := all[class]; ok {
		return d, nil
	}
	if class == "" {
		return nil, fmt.Errorf("the scheduler file names no class (_class_name): take the scheduler_config.json of the model's folder")
	}
	return nil, fmt.Errorf("scheduler class %q is not supported: choose a sampler, or one of %s", class, strings.Join(Classes(), ", "))
}

// ParseConfig reads a scheduler_config.json, including Python's bare Infinity and NaN. Unknown keys are kept but have
// no effect; an unknown class is an error that names it.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	err := c.UnmarshalJSON(data)
	return c, err
}

// UnmarshalJSON is ParseConfig.
func (c *Config) UnmarshalJSON(data []byte) error {
	var saved map[string]json.RawMessage
	if err := json.Unmarshal(QuoteBare(data), &saved); err != nil {
		return fmt.Errorf("scheduler configuration is not readable JSON (%w): fetch or write the file again", err)
	}
	var class string
	if raw, ok := saved["_class_name"]; ok {
		if err := json.Unmarshal(raw, &class); err != nil {
			return fmt.Errorf("scheduler configuration: _class_name is not a string: %w", err)
		}
	}
	made, err := build(class, saved)
	if err != nil {
		return err
	}
	*c = made
	return nil
}

// MarshalJSON writes the class and the keys that were saved, as diffusers would.
func (c Config) MarshalJSON() ([]byte, error) {
	out := maps.Clone(c.saved)
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	name, err := json.Marshal(c.Class)
	if err != nil {
		return nil, err
	}
	out["_class_name"] = name
	return json.Marshal(out)
}

// Switch is the same model's schedule for another class (diffusers' from_config): what the file says is kept, the old
// class's defaults are not. Unknown classes leave the configuration unchanged.
func (c Config) Switch(class string) Config {
	out, err := build(class, c.saved)
	if err != nil {
		return c
	}
	return out
}

// With is the configuration with one more saved key, its value in JSON's types.
func (c Config) With(key string, value any) (Config, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return c, fmt.Errorf("scheduler setting %s: %w", key, err)
	}
	saved := maps.Clone(c.saved)
	if saved == nil {
		saved = map[string]json.RawMessage{}
	}
	saved[key] = raw
	return build(c.Class, saved)
}

func build(class string, saved map[string]json.RawMessage) (Config, error) {
	d, err := defaults(class)
	if err != nil {
		return Config{}, err
	}
	c := Config{Class: class, saved: saved}
	c.LambdaMin, c.FlowShift, c.Shift = math.Inf(-1), 1, 1
	c.ThresholdRatio, c.ClipRange, c.SampleMax, c.SNoise = 0.995, 1, 1, 1
	if err := json.Unmarshal(d, &c.Settings); err != nil {
		return Config{}, err
	}
	keys := make([]string, 0, len(saved))
	for k := range saved {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if err := c.set(k, saved[k]); err != nil {
			return Config{}, fmt.Errorf("scheduler setting %s = %.40s cannot be used: %w", k, saved[k], err)
		}
	}
	return c, c.check()
}

// set decodes one key; numbers that JSON lacks are strings.
func (c *Config) set(key string, raw json.RawMessage) error {
	if key == "lambda_min_clipped" {
		switch strings.ToLower(strings.Trim(string(raw), `"`)) {
		case "-infinity", "-inf", "null":
			c.LambdaMin = math.Inf(-1)
			return nil
		}
	}
	name, err := json.Marshal(key)
	if err != nil {
		return err
	}
	one := slices.Concat([]byte("{"), name, []byte(":"), raw, []byte("}"))
	err = json.Unmarshal(one, &c.Settings)
	if c.Prediction == "original_sample" {
		c.Prediction = Sample
	}
	return err
}

// QuoteBare quotes Python's bare NaN, Infinity and -Infinity.
func QuoteBare(data []byte) []byte {
	var out bytes.Buffer
	quoted := false
	for i := 0; i < len(data); i++ {
		b := data[i]
		if quoted && b == '\\' && i+1 < len(data) {
			out.Write(data[i : i+2])
			i++
			continue
		}
		if b == '"' {
			quoted = !quoted
		}
		if word := bareWord(data[i:]); !quoted && word != "" {
			out.WriteString(`"` + word + `"`)
			i += len(word) - 1
			continue
		}
		out.WriteByte(b)
	}
	return out.Bytes()
}

func bareWord(data []byte) string {
	for _, w := range []string{"-Infinity", "Infinity", "NaN"} {
		if bytes.HasPrefix(data, []byte(w)) {
			return w
		}
	}
	return ""
}

func (c Config) check() error {
	oneOf := func(key, v string, known ...string) error {
		if v == "" || slices.Contains(known, v) {
			return nil
		}
		return fmt.Errorf("scheduler setting %s = %q is not supported: use %s", key, v, strings.Join(known, ", "))
	}
	for _, err := range []error{
		oneOf("beta_schedule", c.BetaSchedule, "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"),
		oneOf("timestep_spacing", c.Spacing, "leading", "linspace", "trailing"),
		oneOf("prediction_type", string(c.Prediction), string(Epsilon), string(Sample), string(V), string(Flow)),
		oneOf("final_sigmas_type", c.FinalSigmas, "zero", "sigma_min"),
		oneOf("interpolation_type", c.Interpolation, "linear", "log_linear"),
		oneOf("sigma_schedule", c.SigmaSchedule, "karras", "exponential"),
		oneOf("time_shift_type", c.ShiftType, "exponential", "linear"),
		oneOf("variance_type", c.Variance, "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"),
	} {
		if err != nil {
			return err
		}
	}
	if c.TrainTimesteps < 1 || c.TrainTimesteps > 100000 {
		return fmt.Errorf("scheduler setting num_train_timesteps = %d is outside 1 to 100000", c.TrainTimesteps)
	}
	if n := len(c.TrainedBetas); n > 0 && n != c.TrainTimesteps {
		return fmt.Errorf("scheduler setting trained_betas has %d values, num_train_timesteps is %d: they have to agree", n, c.TrainTimesteps)
	}
	if c.SolverOrder < 0 || c.SolverOrder > 3 {
		return fmt.Errorf("scheduler setting solver_order = %d is outside 1 to 3", c.SolverOrder)
	}
	chosen := 0
	for _, on := range []bool{c.Karras, c.Exponential, c.Beta, c.Lu, c.FlowSigmas} {
		if on {
			chosen++
		}
	}
	if chosen > 1 && !(c.FlowSigmas && c.Karras && chosen == 2) {
		return fmt.Errorf("scheduler settings choose %d kinds of sigmas at once (use_karras_sigmas and the like): leave one", chosen)
	}
	return nil
}

// FewSteps reports whether the scheduler is that of a network distilled to a few steps: LCM (Luo et al., 2023), TCD
// (Zheng et al., 2024), or, as in the folders of SD Turbo, SDXL Turbo (Sauer et al., 2023) and SDXL Lightning (Lin et al.,
// 2024), one of Euler's with trailing timesteps and predicted noise. Networks whose schedule ends without any signal use
// trailing timesteps too (Lin et al., "Common Diffusion Noise Schedules", 2024), with all steps.
func (c Config) FewSteps() bool {
	switch c.Class {
	case "LCMScheduler", "TCDScheduler":
		return true
	case "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler":
		return c.Spacing == "trailing" && c.Prediction == Epsilon && !c.ZeroSNR
	}
	return false
}
