package checkpoint

import "nirvana/engine/fault"

// uses are the kinds as messages call them, and what a file of the kind is for.
var uses = map[string]struct{ name, use string }{
	VAE: {"a VAE", "name it with --vae beside a model"}, TinyVAE: {"a tiny VAE", "name it with --vae beside a model"},
	CLIP: {"a text encoder", "name it with --text-encoder beside a model"}, OpenCLIP: {"a text encoder", "name it with --text-encoder beside a model"},
	T5: {"a text encoder", "name it with --text-encoder beside a model"}, ControlNet: {"a ControlNet", "name it with --control beside a model"},
	LoRA: {"a LoRA", "name it with --lora beside a model, or put it into the folder loras"}, Embedding: {"a textual inversion", "name it with --embedding beside a model"},
	Upscaler: {"an upscaler", "name it with --upscale"},
}

// What says what the file is, and what it is for: "a LoRA: name it with --lora beside a model". One with a denoiser is a
// model, whatever else is in it.
func (f *File) What() string {
	if p := f.Part(UNet, SD3, Flux); p != nil {
		return "a model of " + string(familyOf(*p)) + ": open it with --model"
	}
	u := uses[f.Parts[0].Kind]
	return u.name + ": " + u.use
}

// IsNo says that the file is not what it was taken for, and what it is instead.
func (f *File) IsNo(what string) error {
	return fault.NoModel.Errorf("%s is no %s but %s", f.Path, what, f.What())
}
