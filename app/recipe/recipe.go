// Package recipe is how a picture was made: everything that is needed to reproduce it. A recipe is stored in the PNG
// twice, as our own JSON (iTXt chunk "nirvana") and as the text that AUTOMATIC1111 and related programs read (iTXt
// chunk "parameters"); in JPEG and WebP in the same forms, as EXIF. Start with Recipe; Embed (png.go, exif.go) writes
// it into a file, Read (read.go) reads it, from files of ComfyUI, InvokeAI, SwarmUI and Fooocus too.
package recipe

import (
	"encoding/json"
	"errors"
	"fmt"

	"nirvana/engine"
)

// Version is that of the JSON's layout. Newer ones are read as far as they are understood.
const Version = 1

// Recipe is how one picture was made. Zero fields are the model's own defaults.
type Recipe struct {
	engine.Shared

	Version  int    `json:"version"`
	Mode     string `json:"mode,omitempty"` // "text to image", "image to image", "inpaint", "outpaint"
	Prompt   string `json:"prompt"`
	Negative string `json:"negative_prompt,omitempty"`
	Syntax   bool   `json:"prompt_syntax,omitempty"`
	Class    string `json:"class,omitempty"`
	// Styles are the names of those that were laid over the prompts, which have them already.
	Styles []string `json:"styles,omitempty"`

	Model     string `json:"model"`
	ModelHash string `json:"model_hash,omitempty"`
	// VAE are files in place of the model's own VAE, one or, for encoder and decoder apart, two; TextEncoders those given to it.
	VAE          []string `json:"vae,omitempty"`
	TextEncoders []string `json:"text_encoders,omitempty"`

	Sampler  string          `json:"sampler,omitempty"`
	Schedule string          `json:"schedule,omitempty"`
	Settings json.RawMessage `json:"scheduler_config,omitempty"` // where another scheduler than the model's own was given
	Steps    int             `json:"steps"`
	Guidance float32         `json:"guidance_scale"`
	// NoGuidance distinguishes a Guidance of 0 from an unknown one, EmptyNegative an empty negative prompt from none.
	NoGuidance    bool    `json:"no_guidance,omitempty"`
	EmptyNegative bool    `json:"empty_negative_prompt,omitempty"`
	Rescale       float32 `json:"guidance_rescale,omitempty"`
	// Interval is from and until where guidance acts, shares of the steps; Curve its scales from the first step to
	// the last.
	Interval []float32 `json:"guidance_interval,omitempty"`
	Curve    []float32 `json:"guidance_curve,omitempty"`
	// CFGPlusPlus makes Guidance CFG++'s lambda; PerpNeg is the negative prompt's weight under Perp-Neg.
	CFGPlusPlus bool    `json:"cfg_pp,omitempty"`
	PerpNeg     float32 `json:"perp_neg,omitempty"`
	// EtaAncestral scales the noise of ancestral and SDE samplers; absent: 1. The next four are
	// Karras' churn, Timesteps and Sigmas the run's own.
	EtaAncestral *float32  `json:"eta_ancestral,omitempty"`
	SChurn       float32   `json:"s_churn,omitempty"`
	STMin        float32   `json:"s_tmin,omitempty"`
	STMax        float32   `json:"s_tmax,omitempty"`
	SNoise       float32   `json:"s_noise,omitempty"`
	Timesteps    []float32 `json:"timesteps,omitempty"`
	Sigmas       []float32 `json:"sigmas,omitempty"`

	DeepCache int `json:"deepcache,omitempty"` // inner layers every so many steps; 0: every one
	// Draft says that the denoiser was the model's distilled one, in Steps steps.
	Draft bool `json:"few_steps,omitempty"`
	// CutOut is set where the decoder's opacity is in the picture.
	CutOut   bool    `json:"cut_out,omitempty"`
	Strength float32 `json:"strength,omitempty"`
	Seed     uint64  `json:"seed"`
	// BestOf is how many seeds the picture was chosen from, Score the verifier's. The seed alone reproduces it.
	BestOf int     `json:"best_of,omitempty"`
	Score  float32 `json:"score,omitempty"`
	RNG    string  `json:"rng,omitempty"`
	// Variation blends the noise of VariationSeed in.
	Variation     float32 `json:"variation,omitempty"`
	VariationSeed uint64  `json:"variation_seed,omitempty"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	Content       string  `json:"masked_content,omitempty"`
	LoRAs         []LoRA  `json:"loras,omitempty"`
	// Upscale is what was done to the finished picture; absent: nothing.
	Upscale *Upscale `json:"upscale,omitempty"`
	// Embeddings are textual inversion files given in addition to the prompt's.
	Embeddings []string `json:"embeddings,omitempty"`
	// ImageGuidance is InstructPix2Pix's.
	ImageGuidance float32 `json:"image_guidance,omitempty"`
	// TrueGuidance is FLUX's classifier-free guidance in addition to the distilled one, Aesthetic a refiner's score.
	TrueGuidance float32 `json:"true_guidance,omitempty"`
	Aesthetic    float32 `json:"aesthetic_score,omitempty"`
	// OriginalSize is SDXL's size conditioning, height and width, and CropTopLeft; px.
	OriginalSize []int `json:"original_size,omitempty"`
	CropTopLeft  []int `json:"crops_coords_top_left,omitempty"`
	// Refiner is the model that took over after the share RefinerAt of the steps.
	Refiner   string  `json:"refiner,omitempty"`
	RefinerAt float32 `json:"refiner_at,omitempty"`

	// Mask is a grey PNG, white is repainted; MaskHash the SHA-256 of its size and pixels. A mask that would be
	// larger than a picture is there only as its hash. Soft, Feather (px) and Match are how it was used.
	Mask     []byte `json:"mask_png,omitempty"`
	MaskHash string `json:"mask_sha256,omitempty"`
	Soft     bool   `json:"soft_mask,omitempty"`
	Feather  int    `json:"feather,omitempty"`
	Match    bool   `json:"color_match,omitempty"`
	// Frame is where in the picture the run drew: x, y, width and height, px; absent: the whole picture.
	Frame []int `json:"frame,omitempty"`
	// Expand is how far the picture was grown left, top, right and bottom, px.
	Expand []int `json:"expand,omitempty"`
	// Pictures are the hashes of those that the run read, by their role ("init", "depth", "control"): the SHA-256 of
	// size and pixels. They are not part of a recipe: nobody who sends a picture means to send what it was made from.
	Pictures map[string]string `json:"pictures_sha256,omitempty"`
	Controls []Control         `json:"controls,omitempty"`
	Regions  []Region          `json:"regions,omitempty"`
	// Trajectory names the steps that led to the picture, see package trajectory; Origin is what it came from.
	Trajectory string  `json:"trajectory,omitempty"`
	Origin     *Origin `json:"origin,omitempty"`
	// Unfinished is the step that the run was stopped at and of how many; absent: it was not.
	Unfinished []int `json:"unfinished,omitempty"`
	// Grid is where in a grid of pictures this one stands.
	Grid *Grid `json:"grid,omitempty"`
	// Changes are the changes during the run, by step.
	Changes []Change `json:"changes,omitempty"`

	Software string   `json:"software,omitempty"`
	Runtime  string   `json:"runtime,omitempty"` // ONNX Runtime's version and the device
	Made     string   `json:"made,omitempty"`    // RFC 3339
	Seconds  float64  `json:"seconds,omitempty"`
	Hashes   []string `json:"x_t_sha256,omitempty"` // of x_t at every step, x_T first
	// Scales are the guidance scales of every step, the first leading from x_T on; 1 where none acted.
	Scales []float32 `json:"guidance_per_step,omitempty"`
}

// Grid is a place in a grid of pictures.
type Grid struct {
	ID   string   `json:"id,omitempty"`
	Axes []string `json:"axes"`
	At   []int    `json:"at,omitempty"` // of each axis' values, from 0; absent: the whole grid
}

// Control is a ControlNet with its weight and the share of the steps in which it acts.
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

// JSON is the recipe as the iTXt chunk and recipe files hold it.
func (r Recipe) JSON() ([]byte, error) {
	r.Version = Version
	return json.Marshal(r)
}

// UnmarshalJSON also reads the names of earlier versions: DeepCache was "draft".
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
