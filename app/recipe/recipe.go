// Package recipe is how a picture was made: everything that is needed to make
// it again. A recipe travels inside the PNG twice, as our own JSON (iTXt chunk
// "nirvana") and as the text that AUTOMATIC1111 and its relatives read (iTXt
// chunk "parameters"); in JPEG and WebP likewise, as EXIF. Start with Recipe;
// Embed (png.go, exif.go) puts it into a file, Read (read.go) takes it out again,
// from files of ComfyUI, InvokeAI, SwarmUI and Fooocus too.
package recipe

import (
	"encoding/json"
	"fmt"
)

// Version is that of the JSON's layout. Newer ones are read as far as they are understood.
const Version = 1

// Recipe is one picture's. Zero fields are the model's own defaults.
type Recipe struct {
	Version  int    `json:"version"`
	Mode     string `json:"mode,omitempty"` // "text to image", "image to image", "inpaint", "outpaint"
	Prompt   string `json:"prompt"`
	Negative string `json:"negative_prompt,omitempty"`
	Syntax   bool   `json:"prompt_syntax,omitempty"`
	Class    string `json:"class,omitempty"`

	Model     string `json:"model"`
	ModelHash string `json:"model_hash,omitempty"`

	Sampler  string          `json:"sampler,omitempty"`
	Schedule string          `json:"schedule,omitempty"`
	Settings json.RawMessage `json:"scheduler_config,omitempty"` // where another scheduler than the model's own was given
	Steps    int             `json:"steps"`
	Eta      float32         `json:"eta,omitempty"`
	Guidance float32         `json:"guidance_scale"`
	Rescale  float32         `json:"guidance_rescale,omitempty"`
	// Interval is from and until where guidance acts, shares of the steps; Curve its scales from the first step to the last.
	Interval []float32 `json:"guidance_interval,omitempty"`
	Curve    []float32 `json:"guidance_curve,omitempty"`
	Draft    int       `json:"draft,omitempty"` // inner layers every so many steps; 0: every
	Strength float32   `json:"strength,omitempty"`
	ClipSkip int       `json:"clip_skip,omitempty"`
	Seed     uint64    `json:"seed"`
	RNG      string    `json:"rng,omitempty"`
	// Variation blends the noise of VariationSeed in.
	Variation     float32 `json:"variation,omitempty"`
	VariationSeed uint64  `json:"variation_seed,omitempty"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	Content       string  `json:"masked_content,omitempty"`
	LoRAs         []LoRA  `json:"loras,omitempty"`

	Software string   `json:"software,omitempty"`
	Runtime  string   `json:"runtime,omitempty"` // ONNX Runtime's version and the device
	Made     string   `json:"made,omitempty"`    // RFC 3339
	Seconds  float64  `json:"seconds,omitempty"`
	Hashes   []string `json:"x_t_sha256,omitempty"` // of x_t at every step, x_T first
}

// LoRA is an adapter with its weight.
type LoRA struct {
	Name   string  `json:"name"`
	Weight float32 `json:"weight"`
}

// JSON is the recipe as the iTXt chunk and recipe files hold it.
func (r Recipe) JSON() ([]byte, error) {
	r.Version = Version
	return json.Marshal(r)
}

// Parse reads a recipe's JSON.
func Parse(data []byte) (Recipe, error) {
	var r Recipe
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("this is no recipe: %w", err)
	}
	return r, r.check()
}

// check refuses numbers that no run could have had.
func (r Recipe) check() error {
	switch {
	case r.Steps < 0 || r.Steps > 10000:
		return fmt.Errorf("the recipe asks for %d steps", r.Steps)
	case r.Width < 0 || r.Height < 0 || r.Width > 1<<16 || r.Height > 1<<16:
		return fmt.Errorf("the recipe asks for %dx%d px", r.Width, r.Height)
	}
	return nil
}

// Compare holds the hashes of x_t of one run against another's. It gives the
// first step that differs, -1 where all are identical; false where either has none.
func Compare(a, b []string) (step int, ok bool) {
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i, true
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b)), true
	}
	return -1, true
}
