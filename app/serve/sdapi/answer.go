package sdapi

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

// answer is the response of txt2img and img2img: pictures, the request, and AUTOMATIC1111's info, a JSON text.
func answer(q *request, echo map[string]any, o options, made []work.Picture) (any, error) {
	pictures := []string{}
	for _, p := range made {
		data, err := encoded(p, o.Format)
		if err != nil {
			return nil, err
		}
		if q.SendImages {
			pictures = append(pictures, base64.StdEncoding.EncodeToString(data))
		}
	}
	info, err := json.Marshal(infoOf(q, o, made))
	if err != nil {
		return nil, err
	}
	return map[string]any{"images": pictures, "parameters": echo, "info": string(info)}, nil
}

func encoded(p work.Picture, format string) ([]byte, error) {
	if format != "png" {
		return pixel.JPEG(p.Image, 90)
	}
	return p.PNG()
}

// info describes the pictures to clients, with AUTOMATIC1111's names.
type info struct {
	Prompt         string         `json:"prompt"`
	AllPrompts     []string       `json:"all_prompts"`
	Negative       string         `json:"negative_prompt"`
	AllNegatives   []string       `json:"all_negative_prompts"`
	Seed           uint64         `json:"seed"`
	AllSeeds       []uint64       `json:"all_seeds"`
	Subseed        uint64         `json:"subseed"`
	AllSubseeds    []uint64       `json:"all_subseeds"`
	SubseedShare   float32        `json:"subseed_strength"`
	Width          int            `json:"width"`
	Height         int            `json:"height"`
	Sampler        string         `json:"sampler_name"`
	CFG            float32        `json:"cfg_scale"`
	Steps          int            `json:"steps"`
	Batch          int            `json:"batch_size"`
	RestoreFaces   bool           `json:"restore_faces"`
	FaceModel      *string        `json:"face_restoration_model"`
	Model          string         `json:"sd_model_name"`
	ModelHash      string         `json:"sd_model_hash"`
	VAE            *string        `json:"sd_vae_name"`
	VAEHash        *string        `json:"sd_vae_hash"`
	SeedResizeW    int            `json:"seed_resize_from_w"`
	SeedResizeH    int            `json:"seed_resize_from_h"`
	Strength       *float32       `json:"denoising_strength"`
	Extra          map[string]any `json:"extra_generation_params"`
	First          int            `json:"index_of_first_image"`
	Infotexts      []string       `json:"infotexts"`
	Styles         []string       `json:"styles"`
	Timestamp      string         `json:"job_timestamp"`
	ClipSkip       int            `json:"clip_skip"`
	InpaintingMask bool           `json:"is_using_inpainting_conditioning"`
	Version        string         `json:"version"`
}

func infoOf(q *request, o options, made []work.Picture) info {
	out := info{Batch: int(q.Batch), ClipSkip: int(o.Skip), Extra: map[string]any{}, Infotexts: []string{}, Styles: q.Styles, Timestamp: time.Now().Format("20060102150405"),
		AllPrompts: []string{}, AllNegatives: []string{}, AllSeeds: []uint64{}, AllSubseeds: []uint64{}}
	for i, p := range made {
		r := p.Recipe
		if i == 0 {
			out.Prompt, out.Negative, out.Seed, out.Subseed, out.SubseedShare = r.Prompt, r.Negative, r.Seed, r.VariationSeed, r.Variation
			out.Width, out.Height, out.Sampler, out.CFG, out.Steps = p.Image.Rect.Dx(), p.Image.Rect.Dy(), r.Sampler, r.Guidance, r.Steps
			out.Model, out.ModelHash, out.Version = r.Model, r.ModelHash[:min(10, len(r.ModelHash))], r.Software
			if len(r.VAE) > 0 {
				out.VAE = &r.VAE[0]
			}
			if r.Strength > 0 {
				out.Strength = &r.Strength
			}
		}
		out.AllPrompts, out.AllNegatives = append(out.AllPrompts, r.Prompt), append(out.AllNegatives, r.Negative)
		out.AllSeeds, out.AllSubseeds = append(out.AllSeeds, r.Seed), append(out.AllSubseeds, r.VariationSeed)
		out.Infotexts = append(out.Infotexts, r.Parameters())
	}
	return out
}
