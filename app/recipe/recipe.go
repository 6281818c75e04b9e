// Package recipe describes how a picture was made: everything that is needed to reproduce it. A recipe is stored in
// the PNG twice, as our own JSON (iTXt chunk "nirvana") and as the text that AUTOMATIC1111 and related programs read
// (iTXt chunk "parameters"); in JPEG and WebP in the same forms, as EXIF. Start with Recipe; Embed (png.go, exif.go)
// writes it into a file, Read (read.go) reads it, also from files of ComfyUI, InvokeAI, SwarmUI and Fooocus.
package recipe

import (
	"encoding/json"
	"errors"
	"fmt"

	"nirvana/engine"
)

// Version is the version of the JSON format. Of newer versions, the known fields are read.
const Version = 1

// Recipe describes how one picture was made. Zero fields mean the model's defaults.
type Recipe struct {
	engine.Shared

	Version  int    `json:"version"`
	Mode     string `json:"mode,omitempty"` // "text to image", "image to image", "inpaint", "outpaint"
	Prompt   string `json:"prompt"`
	Negative string `json:"negative_prompt,omitempty"`
	Syntax   bool   `json:"prompt_syntax,omitempty"`
	Class    string `json:"class,omitempty"`
	// Styles are the names of the applied styles; Prompt and Negative already include them.
	Styles []string `json:"styles,omitempty"`

	Model     string `json:"model"`
	ModelHash string `json:"model_hash,omitempty"`
	// VAE are files in place of the model's own VAE: one, or two for separate encoder and decoder. TextEncoders are
	// the files used as the model's text encoders.
	VAE          []string `json:"vae,omitempty"`
	TextEncoders []string `json:"text_encoders,omitempty"`

	Sampler  string          `json:"sampler,omitempty"`
	Schedule string          `json:"schedule,omitempty"`
	Settings json.RawMessage `json:"scheduler_config,omitempty"` // if a scheduler other than the model's own was given
	Steps    int             `json:"steps"`
	Guidance float32         `json:"guidance_scale"`
	// NoGuidance distinguishes a Guidance of 0 from an unknown one, EmptyNegative an empty negative prompt from an
	// absent one.
	NoGuidance    bool    `json:"no_guidance,omitempty"`
	EmptyNegative bool    `json:"empty_negative_prompt,omitempty"`
	Rescale       float32 `json:"guidance_rescale,omitempty"`
	// Interval is the start and end of guidance as shares of the steps; Curve its scales from the first step to the
	// last.
	Interval []float32 `json:"guidance_interval,omitempty"`
	Curve    []float32 `json:"guidance_curve,omitempty"`
	// CFGPlusPlus makes Guidance CFG++'s lambda; PerpNeg is the negative prompt's weight under Perp-Neg.
	CFGPlusPlus bool    `json:"cfg_pp,omitempty"`
	PerpNeg     float32 `json:"perp_neg,omitempty"`
	// EtaAncestral scales the noise of ancestral and SDE samplers; absent: 1. The next four are Karras et al.'s
	// churn; Timesteps and Sigmas are custom schedules.
	EtaAncestral *float32  `json:"eta_ancestral,omitempty"`
	SChurn       float32   `json:"s_churn,omitempty"`
	STMin        float32   `json:"s_tmin,omitempty"`
	STMax        float32   `json:"s_tmax,omitempty"`
	SNoise       float32   `json:"s_noise,omitempty"`
	Timesteps    []float32 `json:"timesteps,omitempty"`
	Sigmas       []float32 `json:"sigmas,omitempty"`

	DeepCache int `json:"deepcache,omitempty"` // the network's inner layers run every so many steps; 0: every step
	// Draft means that the model's distilled denoiser was used, in Steps steps.
	Draft bool `json:"few_steps,omitempty"`
	// CutOut means that the picture has the opacity that the decoder predicted.
	CutOut   bool    `json:"cut_out,omitempty"`
	Strength float32 `json:"strength,omitempty"`
	Seed     uint64  `json:"seed"`
	// BestOf is the number of seeds that the picture was chosen from, Score the verifier's. The seed alone reproduces
	// it.
	BestOf int     `json:"best_of,omitempty"`
	Score  float32 `json:"score,omitempty"`
	RNG    string  `json:"rng,omitempty"`
	// Variation is how much of VariationSeed's noise is mixed in, 0 to 1.
	Variation     float32 `json:"variation,omitempty"`
	VariationSeed uint64  `json:"variation_seed,omitempty"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	Content       string  `json:"masked_content,omitempty"`
	LoRAs         []LoRA  `json:"loras,omitempty"`
	// Upscale is how the finished picture was enlarged; absent: it was not.
	Upscale *Upscale `json:"upscale,omitempty"`
	// Embeddings are textual inversion files that were given in addition to those named in the prompt.
	Embeddings []string `json:"embeddings,omitempty"`
	// ImageGuidance is InstructPix2Pix's image guidance scale.
	ImageGuidance float32 `json:"image_guidance,omitempty"`
	// TrueGuidance is FLUX's classifier-free guidance in addition to the distilled one, Aesthetic the refiner's
	// aesthetic score.
	TrueGuidance float32 `json:"true_guidance,omitempty"`
	Aesthetic    float32 `json:"aesthetic_score,omitempty"`
	// OriginalSize and CropTopLeft are SDXL's size conditioning, height before width, px.
	OriginalSize []int `json:"original_size,omitempty"`
	CropTopLeft  []int `json:"crops_coords_top_left,omitempty"`
	// Refiner is the model that took over after the share RefinerAt of the steps.
	Refiner   string  `json:"refiner,omitempty"`
	RefinerAt float32 `json:"refiner_at,omitempty"`

	// Mask is a grayscale PNG, white is repainted; MaskHash the SHA-256 of its size and pixels. A mask whose PNG is
	// over 256 KiB is stored as its hash only. Soft, Feather (px) and Match are how it was used.
	Mask     []byte `json:"mask_png,omitempty"`
	MaskHash string `json:"mask_sha256,omitempty"`
	Soft     bool   `json:"soft_mask,omitempty"`
	Feather  int    `json:"feather,omitempty"`
	Match    bool   `json:"color_match,omitempty"`
	// Frame is where in the picture the run drew: x, y, width and height, px; absent: the whole picture.
	Frame []int `json:"frame,omitempty"`
	// Expand is how far the picture was extended to the left, top, right and bottom, px.
	Expand []int `json:"expand,omitempty"`
	// Pictures are the hashes of the pictures that the run read, by their role ("init", "depth", "control", "reference"): the
	// SHA-256 of size and pixels. The pictures themselves are not stored: who shares a result may not want to share
	// its source.
	Pictures map[string]string `json:"pictures_sha256,omitempty"`
	Controls []Control         `json:"controls,omitempty"`
	Regions  []Region          `json:"regions,omitempty"`
	// Trajectory identifies the steps that led to the picture, see package trajectory; Origin is the picture that it
	// came from.
	Trajectory string  `json:"trajectory,omitempty"`
	Origin     *Origin `json:"origin,omitempty"`
	// Unfinished is the step that the run was stopped at, and the number of steps; absent: it was finished.
	Unfinished []int `json:"unfinished,omitempty"`
	// Grid is the picture's position in a grid of pictures.
	Grid *Grid `json:"grid,omitempty"`
	// Changes are the changes of parameters during the run, by step.
	Changes []Change `json:"changes,omitempty"`

	Software string   `json:"software,omitempty"`
	Runtime  string   `json:"runtime,omitempty"` // ONNX Runtime's version and the device
	Made     string   `json:"made,omitempty"`    // RFC 3339
	Seconds  float64  `json:"seconds,omitempty"`
	Hashes   []string `json:"x_t_sha256,omitempty"` // of x_t at every step, x_T first
	// Scales are the guidance scales of every step, starting with the step that leads from x_T; 1 without guidance.
	Scales []float32 `json:"guidance_per_step,omitempty"`
}

// Grid is a position in a grid of pictures.
type Grid struct {
	ID   string   `json:"id,omitempty"`
	Axes []string `json:"axes"`
	At   []int    `json:"at,omitempty"` // the index of each axis' value, from 0; absent: the whole grid
}

// Control is a ControlNet with its weight and the range of steps in which it is active, as shares.
type Control struct {
	Net    string  `json:"net,omitempty"`
	Weight float32 `json:"weight"`
	From   float32 `json:"from,omitempty"`
	Until  float32 `json:"until,omitempty"`
}

// LoRA is an adapter with its weight.
type LoRA struct {
	Name   string  `json:"name"`
	Weight float32 `json:"weight"`
}

// JSON encodes the recipe as the iTXt chunk and recipe files contain it.
func (r Recipe) JSON() ([]byte, error) {
	r.Version = Version
	return json.Marshal(r)
}

// UnmarshalJSON also reads the field names of earlier versions: DeepCache was "draft".
func (r *Recipe) UnmarshalJSON(data []byte) error {
	type plain Recipe
	var before struct {
		DeepCache int `json:"draft"`
	}
	if err := json.Unmarshal(data, &before); err != nil {
		return err
	}
	r.DeepCache = before.DeepCache
	return json.Unmarshal(data, (*plain)(r))
}

// Parse reads a recipe's JSON.
func Parse(data []byte) (Recipe, error) {
	var r Recipe
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &r); errors.As(err, &wrong) && wrong.Field != "" {
		return r, fmt.Errorf("this is not a recipe: its %s is %s", wrong.Field, wrong.Value)
	} else if err != nil {
		return r, fmt.Errorf("this is not a recipe: %w", err)
	}
	r.older()
	return r, r.check()
}
