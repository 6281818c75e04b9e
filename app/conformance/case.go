// Package conformance compares the engine with recorded runs of diffusers: files of cases from prompt to picture,
// with the latents after every step. Start with Run in run.go; a case's fields are those of case.go.
package conformance

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"nirvana/engine"
	"nirvana/engine/schedule"
	"nirvana/engine/wholefile"
)

// Case is one recorded run: its parameters, with diffusers' names, and its results. Absent numbers mean the
// pipeline's defaults.
type Case struct {
	Name      string          `json:"name"`
	Kind      string          `json:"kind"`
	Model     string          `json:"model"`
	Pipeline  string          `json:"pipeline"`
	Scheduler string          `json:"scheduler"` // "": the model's own
	Config    json.RawMessage `json:"scheduler_config"`

	Prompt    oneOrMany `json:"prompt"`
	Negative  oneOrMany `json:"negative_prompt"`
	Prompt2   oneOrMany `json:"prompt_2"`
	Prompt3   oneOrMany `json:"prompt_3"`
	Negative2 oneOrMany `json:"negative_prompt_2"`
	Negative3 oneOrMany `json:"negative_prompt_3"`

	Seed   uint64   `json:"seed"`
	Seeds  []uint64 `json:"seeds"`
	Images int      `json:"images_per_prompt"`
	Batch  int      `json:"batch"`

	engine.Shared            // eta, clip_skip and the like
	Steps           int      `json:"steps"`
	Guidance        *float32 `json:"guidance_scale"`
	GuidanceRescale float32  `json:"guidance_rescale"`
	ImageGuidance   float32  `json:"image_guidance_scale"`
	TrueGuidance    float32  `json:"true_cfg_scale"`
	Strength        float32  `json:"strength"`
	Width           int      `json:"width"`
	Height          int      `json:"height"`
	MaxSequence     int      `json:"max_sequence_length"`
	Without         []string `json:"without"`
	NoiseSeed       *uint64  `json:"noise_sampler_seed"`
	// Timesteps or Sigmas are custom schedules, as diffusers' pipelines take them.
	Timesteps []float32 `json:"timesteps"`
	Sigmas    []float32 `json:"sigmas"`

	Image string `json:"image"`
	// References are files of further pictures, behind Image in a pipeline's list of images; FLUX Kontext's one picture is
	// all of them side by side.
	References []string `json:"references"`
	Mask       string   `json:"mask"`
	MaskCrop   *int     `json:"padding_mask_crop"`
	Depth      string   `json:"depth"`
	// One ControlNet's values or lists, as in diffusers. ControlNets are their folders in the model's, absent:
	// "controlnet"; or files.
	ControlNets   []string  `json:"controlnets"`
	ControlImages oneOrMany `json:"control_image"`
	ControlScales numbers   `json:"controlnet_conditioning_scale"`
	ControlStarts numbers   `json:"control_guidance_start"`
	ControlEnds   numbers   `json:"control_guidance_end"`
	Guess         bool      `json:"guess_mode"`

	LoRA []struct {
		File  string  `json:"file"`
		Scale float32 `json:"scale"`
	} `json:"lora"`
	Embeddings []struct {
		File  string `json:"file"`
		Token string `json:"token"`
	} `json:"embeddings"`

	Start        float32 `json:"denoising_start"`
	End          float32 `json:"denoising_end"`
	LatentsFrom  string  `json:"latents_from"`
	OriginalSize [2]int  `json:"original_size"`
	Crop         [2]int  `json:"crops_coords_top_left"`
	TargetSize   [2]int  `json:"target_size"`
	NegOriginal  [2]int  `json:"negative_original_size"`
	Aesthetic    float32 `json:"aesthetic_score"`
	AestheticNeg float32 `json:"negative_aesthetic_score"`
	Classes      labels  `json:"class_labels"`

	// Changes are what a callback_on_step_end changed during the run.
	Changes []Change `json:"changes"`

	// Expected is not read before the case has been computed.
	Expected json.RawMessage `json:"expected"`

	unreadable error // a field of an unknown type: only this case fails
}

// Change takes effect from evaluation At on: the callback made it after step At-1, from 0.
type Change struct {
	At       int      `json:"at"`
	Guidance *float32 `json:"guidance_scale"`
	Prompt   *string  `json:"prompt"`
	Negative *string  `json:"negative_prompt"`
	Mask     string   `json:"mask"`
}

func (c *Case) UnmarshalJSON(data []byte) error {
	type plain Case
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		c.unreadable = fmt.Errorf("the case has an unknown form: %w", err)
	}
	return nil
}

// labels are one class or a list of them.
type labels []int

func (l *labels) UnmarshalJSON(data []byte) error {
	var one *int
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*l = labels{*one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]int)(l))
}

// oneOrMany is a text or a list of texts.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*o = oneOrMany{*one}
		}
		return nil
	}
	var many []string
	err := json.Unmarshal(data, &many)
	*o = many
	return err
}

// numbers are one number or a list of them.
type numbers []float32

func (n *numbers) UnmarshalJSON(data []byte) error {
	var one *float32
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*n = numbers{*one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]float32)(n))
}

// at is the i-th number; a single one applies to all, as in diffusers.
func (n numbers) at(i int, fallback float32) float32 {
	switch {
	case i < len(n):
		return n[i]
	case len(n) == 1:
		return n[0]
	}
	return fallback
}

// Expected is the recorded results.
type Expected struct {
	TokenIDs    [][]int   `json:"token_ids"`
	NegativeIDs [][]int   `json:"negative_token_ids"`
	TokenIDs2   [][]int   `json:"token_ids_2"`
	TokenIDs3   [][]int   `json:"token_ids_3"`
	Timesteps   []float64 `json:"timesteps"`
	NetSteps    []float64 `json:"unet_timesteps"`
	Initial     *Sum      `json:"initial_latents"`
	Steps       []Sum     `json:"steps"`
	Final       struct {
		Shape  []int     `json:"shape"`
		Values []float64 `json:"values"`
		Std    float64   `json:"std"`
	} `json:"final_latents"`
	Image []struct {
		Pixels [][5]int `json:"pixels"`
		Mean   float64  `json:"mean"`
	} `json:"image"`
}

// Sum is a tensor's fingerprint: eight values, mean and population standard deviation.
type Sum struct {
	At   []float64 `json:"at"`
	Mean float64   `json:"mean"`
	Std  float64   `json:"std"`
}

// File is a file of cases.
type File struct {
	// Source says what recorded the cases; may be empty.
	Source    string `json:"source"`
	Tolerance struct {
		Latents   float64 `json:"latents"`
		Pixel     float64 `json:"pixel"`
		ImageMean float64 `json:"image_mean"`
	} `json:"tolerance"`
	Cases []Case `json:"cases"`
	dir   string
}

// readAll reads a file, decompressed if it is gzip.
func readAll(path string) ([]byte, error) {
	data, err := wholefile.Read(path)
	if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, err
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	const most = 1 << 30
	data, err = io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s is larger than %d MB unpacked", path, most>>20)
	}
	return data, err
}

// Read reads a file of cases, optionally compressed with gzip. Default tolerances are 1e-3, 2 and 1e-3.
func Read(path string) (*File, error) {
	data, err := readAll(path)
	if err != nil {
		return nil, fmt.Errorf("the cases cannot be read: %w", err)
	}
	f := &File{dir: filepath.Dir(path)}
	if err := json.Unmarshal(schedule.QuoteBare(data), f); err != nil {
		return nil, fmt.Errorf("%s is not a file of cases: %w", path, err)
	}
	if len(f.Cases) == 0 {
		return nil, fmt.Errorf("%s holds no cases", path)
	}
	t := &f.Tolerance
	for v, fallback := range map[*float64]float64{&t.Latents: 1e-3, &t.Pixel: 2, &t.ImageMean: 1e-3} {
		if *v == 0 {
			*v = fallback
		}
	}
	return f, nil
}
