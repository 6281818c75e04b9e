package checkpoint

import "nirvana/engine/fault"

// uses are the kinds' names in messages, and what a file of the kind is for.
var uses = map[string]struct{ name, use string }{
	VAE: {"a VAE", "name it with --vae beside a model"}, TinyVAE: {"a tiny VAE", "name it with --vae beside a model"},
	CLIP: {"a text encoder", "name it with --text-encoder beside a model"}, OpenCLIP: {"a text encoder", "name it with --text-encoder beside a model"},
	CLIPVision: {"an image encoder of CLIP", "put it into a model's folder, as image_encoder/model.safetensors with its config.json"},
	Qwen:       {"a text encoder", "name it with --text-encoder beside a model"}, QwenVL: {"a text encoder", "name it with --text-encoder beside a model"},
	QwenVision: {"the image encoder of a text encoder", "name it with --text-encoder beside a model that edits pictures"},
	QwenVAE:    {"a VAE", "name it with --vae beside a model"},
	T5:         {"a text encoder", "name it with --text-encoder beside a model"}, ControlNet: {"a ControlNet", "name it with --control beside a model"},
	LoRA: {"a LoRA", "name it with --lora beside a model, or put it into the folder loras"}, Embedding: {"a textual inversion", "name it with --embedding beside a model"},
	Upscaler: {"an upscaler", "name it with --upscale"},
}

// What is a text of what the file is, and what it is for: "a LoRA: name it with --lora beside a model". One with a
// denoiser is a model, whatever else it contains.
func (f *File) What() string {
	if p := f.Part(Denoisers...); p != nil {
		return "a model of " + string(familyOf(*p)) + ": open it with --model"
	}
	u := uses[f.Parts[0].Kind]
	return u.name + ": " + u.use
}

// NotA is the error of a file that is not what it was given as, with what it is.
func (f *File) NotA(what string) error {
	return fault.NoModel.Errorf("%s is not a %s but %s", f.Path, what, f.What())
}
