package sdapi

import (
	"encoding/json"
	"image"
	"math/rand/v2"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// request is the body of txt2img and img2img. Absent numbers are the model's own, where AUTOMATIC1111 has those of SD
// 1.5.
type request struct {
	Prompt       string                     `json:"prompt"`
	Negative     string                     `json:"negative_prompt"`
	Styles       []string                   `json:"styles"`
	Seed         wire.Int                   `json:"seed"`
	Subseed      wire.Int                   `json:"subseed"`
	SubseedShare wire.Float                 `json:"subseed_strength"`
	SeedResizeW  wire.Int                   `json:"seed_resize_from_w"`
	SeedResizeH  wire.Int                   `json:"seed_resize_from_h"`
	Sampler      string                     `json:"sampler_name"`
	SamplerIndex string                     `json:"sampler_index"` // older clients
	Scheduler    string                     `json:"scheduler"`
	Batch        wire.Int                   `json:"batch_size"`
	Iterations   wire.Int                   `json:"n_iter"`
	Steps        wire.Int                   `json:"steps"`
	CFG          *wire.Float                `json:"cfg_scale"`
	Width        wire.Int                   `json:"width"`
	Height       wire.Int                   `json:"height"`
	RestoreFaces wire.Bool                  `json:"restore_faces"`
	Tiling       wire.Bool                  `json:"tiling"`
	Eta          *wire.Float                `json:"eta"`
	Strength     *wire.Float                `json:"denoising_strength"`
	Churn        wire.Float                 `json:"s_churn"`
	TMin         wire.Float                 `json:"s_tmin"`
	TMax         wire.Float                 `json:"s_tmax"`
	Noise        *wire.Float                `json:"s_noise"`
	Refiner      string                     `json:"refiner_checkpoint"`
	Script       string                     `json:"script_name"`
	SendImages   wire.Bool                  `json:"send_images"`
	Override     map[string]json.RawMessage `json:"override_settings"`
	Restore      wire.Bool                  `json:"override_settings_restore_afterwards"`
	AlwaysOn     map[string]struct {
		Args []json.RawMessage `json:"args"`
	} `json:"alwayson_scripts"`
	hiresRequest
	imageRequest
}

// hiresRequest has the parameters of txt2img's second pass.
type hiresRequest struct {
	Hires         wire.Bool  `json:"enable_hr"`
	HiresScale    wire.Float `json:"hr_scale"`
	HiresUpscaler string     `json:"hr_upscaler"`
	HiresSteps    wire.Int   `json:"hr_second_pass_steps"`
	HiresX        wire.Int   `json:"hr_resize_x"`
	HiresY        wire.Int   `json:"hr_resize_y"`
	HiresModel    string     `json:"hr_checkpoint_name"`
	HiresSampler  string     `json:"hr_sampler_name"`
	HiresSchedule string     `json:"hr_scheduler"`
	HiresPrompt   string     `json:"hr_prompt"`
	HiresNegative string     `json:"hr_negative_prompt"`
}

// imageRequest has the additional parameters of img2img.
type imageRequest struct {
	Images     []string   `json:"init_images"`
	ResizeMode wire.Int   `json:"resize_mode"`
	ImageCFG   wire.Float `json:"image_cfg_scale"`
	Mask       string     `json:"mask"`
	Blur       *wire.Int  `json:"mask_blur"`
	BlurX      wire.Int   `json:"mask_blur_x"`
	BlurY      wire.Int   `json:"mask_blur_y"`
	Fill       wire.Int   `json:"inpainting_fill"`
	FullRes    wire.Bool  `json:"inpaint_full_res"` // "only masked"
	Padding    wire.Int   `json:"inpaint_full_res_padding"`
	Invert     wire.Int   `json:"inpainting_mask_invert"`
	Include    wire.Bool  `json:"include_init_images"`
}

func usualRequest() request {
	return request{Seed: -1, Subseed: -1, Batch: 1, Iterations: 1, SendImages: true, Restore: true, hiresRequest: hiresRequest{HiresScale: 2},
		imageRequest: imageRequest{BlurX: 4, BlurY: 4, FullRes: true}}
}

// mostImages is how many initial pictures one request may have.
const mostImages = 16

// refused are the parameters that have no counterpart here.
func (q *request) refused() error {
	script := func(name string) error { return &refusal{422, "Script '" + name + "' not found"} }
	switch {
	case bool(q.RestoreFaces):
		return wire.Invalid("restore_faces", "face restoration is not supported: leave it false")
	case q.SeedResizeW > 0 || q.SeedResizeH > 0:
		return wire.Invalid("seed_resize_from_w", "noise is not resized here: leave it 0")
	case named(q.Refiner):
		return wire.Invalid("refiner_checkpoint", "refiners are not run by this API here: leave it out")
	case bool(q.Hires) && named(q.HiresModel) && !strings.EqualFold(q.HiresModel, "Use same checkpoint"):
		return wire.Invalid("hr_checkpoint_name", "the second pass is the first one's model here: leave it out")
	case named(q.Script):
		return script(q.Script)
	case len(q.Styles) > 100:
		return wire.Invalid("styles", "more than 100 styles")
	case len(q.Images) > mostImages:
		return wire.Invalid("init_images", "more than %d pictures", mostImages)
	case q.Batch < 1 || q.Batch > 1000:
		return wire.Invalid("batch_size", "%d is not possible: use 1 or more", q.Batch)
	case q.Iterations < 1 || q.Iterations > 1000:
		return wire.Invalid("n_iter", "%d is not possible: use 1 or more", q.Iterations)
	case q.Steps < 0 || q.Steps > 1<<20:
		return wire.Invalid("steps", "%d is not possible: use 1 or more", q.Steps)
	case q.Seed < -1:
		return wire.Invalid("seed", "%d is not possible: use -1, which draws one, or more", q.Seed)
	case !(q.HiresScale >= 0 && q.HiresScale <= 16) || q.HiresX < 0 || q.HiresY < 0:
		return wire.Invalid("hr_scale", "%g is not possible: use 1 to 16", q.HiresScale)
	}
	for name := range q.AlwaysOn {
		if !strings.EqualFold(name, "ControlNet") {
			return &refusal{422, "always on script " + name + " not found"}
		}
	}
	return nil
}

func named(s string) bool { return s != "" && !strings.EqualFold(s, "None") }

// recipe is the request without its pictures, as a recipe.
func (a *API) recipe(q *request, o options) (recipe.Recipe, error) {
	sampler, schedule := samplerOf(q.Sampler, q.SamplerIndex, q.Scheduler)
	r := recipe.Recipe{Syntax: true, Seed: drawn(q.Seed), RNG: o.rng(), Shared: engine.Shared{ClipSkip: int(o.Skip) - 1}, Steps: int(q.Steps), Sampler: sampler, Schedule: schedule,
		Width: side(q.Width), Height: side(q.Height), SChurn: float32(q.Churn), STMin: float32(q.TMin), STMax: float32(q.TMax), ImageGuidance: float32(q.ImageCFG)}
	var err error
	if r.Prompt, r.Negative, err = a.styled(q.Prompt, q.Negative, q.Styles); err != nil {
		return r, err
	}
	r.EmptyNegative = r.Negative == "" // AUTOMATIC1111 does not distinguish absent from empty
	if q.SubseedShare > 0 {
		r.Variation, r.VariationSeed = float32(q.SubseedShare), drawn(q.Subseed)
	}
	if q.Tiling {
		r.Tiling = "both"
	}
	if q.CFG != nil {
		r.Guidance, r.NoGuidance = float32(*q.CFG), *q.CFG == 0
	}
	if q.Noise != nil && *q.Noise != 1 {
		r.SNoise = float32(*q.Noise)
	}
	if q.Eta != nil && strings.HasPrefix(sampler, "DDIM") {
		r.Eta = float32(*q.Eta)
	} else if q.Eta != nil && *q.Eta != 1 {
		eta := float32(*q.Eta)
		r.EtaAncestral = &eta
	}
	return r, nil
}

// side limits a size before it is computed with; the limits refuse what is out of range.
func side(n wire.Int) int { return int(min(max(n, -1), 1<<20)) }

func drawn(seed wire.Int) uint64 {
	if seed < 0 {
		return uint64(rand.Uint32())
	}
	return uint64(seed)
}

// samplerOf returns the engine's names of sampler and schedule; "" if the request leaves them to the model.
func samplerOf(name, index, schedule string) (string, string) {
	if name == "" {
		name = index
	}
	if schedule == "" || strings.EqualFold(schedule, "automatic") {
		schedule = "Automatic"
	}
	if label, ok := labels()[strings.ToLower(schedule)]; ok {
		schedule = label
	}
	if name == "" && schedule == "Automatic" {
		schedule = ""
	}
	return name, schedule
}

// order is the request as an order, without its pictures.
func (a *API) order(q *request, o options) (work.Order, error) {
	f, err := a.folder(o.Checkpoint)
	if err != nil {
		return work.Order{}, err
	}
	r, err := a.recipe(q, o)
	if err != nil {
		return work.Order{}, err
	}
	vae, err := a.standing(f, o.VAE)
	if err != nil {
		return work.Order{}, err
	}
	out := work.Order{Origin: origin, Model: f.Dir, VAE: vae, Recipe: r, Count: int(q.Batch * q.Iterations), Match: false}
	out.Control, err = controls(q)
	if err != nil || !bool(q.Hires) {
		return out, err
	}
	out.Second, err = a.second(q, r)
	return out, err
}

// second is the second pass; latent upscaling is done in pixels here.
func (a *API) second(q *request, r recipe.Recipe) (*work.Second, error) {
	w, h := side(q.HiresX), side(q.HiresY)
	if r.Width == 0 || r.Height == 0 {
		return nil, wire.Invalid("enable_hr", "a second pass needs width and height")
	}
	switch {
	case w == 0 && h == 0:
		w, h = int(float32(r.Width)*float32(q.HiresScale)), int(float32(r.Height)*float32(q.HiresScale))
	case h == 0:
		h = r.Height * w / r.Width
	case w == 0:
		w = r.Width * h / r.Height
	}
	s := &work.Second{Width: w, Height: h, Strength: 0.75, Steps: int(q.HiresSteps), Prompt: q.HiresPrompt, Negative: q.HiresNegative}
	if q.Strength != nil {
		s.Strength = float32(*q.Strength)
	}
	if named(q.HiresSampler) && !strings.HasPrefix(q.HiresSampler, "Use same") {
		s.Sampler, s.Schedule = samplerOf(q.HiresSampler, "", q.HiresSchedule)
	}
	var err error
	if !strings.HasPrefix(q.HiresUpscaler, "Latent") {
		s.Upscaler, err = a.upscaler("hr_upscaler", q.HiresUpscaler)
	}
	return s, err
}

// pictures sets an order's i-th initial picture, and the mask.
func (q *request) pictures(out *work.Order, i int) error {
	img, err := wire.Picture("init_images", q.Images[i])
	if err != nil {
		return err
	}
	if q.Strength != nil {
		out.Recipe.Strength = float32(*q.Strength)
	}
	if out.Recipe.Strength == 0 {
		out.Recipe.Strength = 0.75
	}
	w, h := out.Recipe.Width, out.Recipe.Height
	if q.Mask != "" {
		if err := q.mask(out, img); err != nil {
			return err
		}
	}
	if out.OnlyMasked || w <= 0 || h <= 0 {
		out.Init = img
		return nil
	}
	out.Init, out.Mask = resized(img, out.Mask, w, h, int(q.ResizeMode))
	return nil
}

var contents = []string{"fill", "original", "noise", "nothing"}

// mask reads the request's mask, in the picture's size; white is repainted.
func (q *request) mask(out *work.Order, img *image.RGBA) error {
	picture, err := wire.Picture("mask", q.Mask)
	if err != nil {
		return err
	}
	if q.Fill < 0 || int(q.Fill) >= len(contents) {
		return wire.Invalid("inpainting_fill", "%d is not possible: use 0 to 3", q.Fill)
	}
	if q.Padding < 0 || q.Padding > 4096 {
		return wire.Invalid("inpaint_full_res_padding", "%d is not possible: use 0 to 4096", q.Padding)
	}
	out.Mask = pixel.ResizeMask(pixel.MaskOf(picture), img.Rect.Dx(), img.Rect.Dy())
	if q.Invert != 0 {
		out.Mask = pixel.Invert(out.Mask)
	}
	if pixel.Empty(out.Mask, out.Mask.Rect) {
		return wire.Invalid("mask", "it masks nothing: white parts are repainted")
	}
	blur := max(q.BlurX, q.BlurY)
	if q.Blur != nil {
		blur = *q.Blur
	}
	if blur < 0 || blur > 1024 {
		return wire.Invalid("mask_blur", "%d is not possible: use 0 to 1024", blur)
	}
	out.Recipe.Content, out.Feather, out.OnlyMasked, out.Padding = contents[q.Fill], 2*int(blur), bool(q.FullRes), int(q.Padding)
	return nil
}
