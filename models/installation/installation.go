// Package installation finds the folders of other programs: where ComfyUI, AUTOMATIC1111, Forge, SD.Next, Fooocus and
// Invoke keep their models, and the files that they write next to them. Start with Read, for a program's own folder,
// or Around, for a file in one. Nothing is opened except lists of folders (extra_model_paths.yaml, and the settings of SD.Next, Fooocus and Invoke).
package installation

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is a kind of folder by its contents.
type Kind int

// The kinds of folders.
const (
	Checkpoints Kind = iota
	TextEncoders
	VAEs
	LoRAs
	Embeddings
	ControlNets
	Upscalers
)

// kept are the folders of each kind, relative to the program's own folder, with slashes. The first part "models" may
// be missing: the given folder is then the models folder itself, as several programs may share it.
var kept = map[Kind][]string{
	Checkpoints: {"models/checkpoints", "models/Stable-diffusion", "models/diffusion_models", "models/unet", "models/UNET", "models/Diffusers",
		"models/sd-1/main", "models/sdxl/main", "models/sd-2/main", "models/sd-3/main", "models/flux/main"},
	TextEncoders: {"models/text_encoders", "models/clip", "models/text_encoder", "models/Text-encoder"},
	VAEs:         {"models/vae", "models/VAE", "models/any/vae", "models/sd-1/vae", "models/sdxl/vae"},
	LoRAs:        {"models/loras", "models/Lora", "models/LyCORIS", "models/sd-1/lora", "models/sdxl/lora", "models/flux/lora"},
	Embeddings:   {"models/embeddings", "embeddings", "models/sd-1/embedding", "models/sdxl/embedding"},
	ControlNets:  {"models/controlnet", "models/ControlNet", "models/control", "extensions/sd-webui-controlnet/models", "models/sd-1/controlnet", "models/sdxl/controlnet"},
	Upscalers:    {"models/upscale_models", "models/ESRGAN", "models/RealESRGAN", "models/any/spandrel_image_to_image"},
}

// depth is how many folders above a file its program's may be.
const depth = 6

// Folders are an installation's existing folders, by kind.
type Folders map[Kind][]string

// Read finds the folders of the installation at root; none where it is not a program's folder.
func Read(root string) Folders {
	out := Folders{}
	for kind, names := range kept {
		for _, name := range names {
			out.add(kind, filepath.Join(root, filepath.FromSlash(name)))
		}
	}
	if len(out[Checkpoints]) == 0 {
		for kind, names := range kept {
			for _, name := range names {
				if rest, ok := strings.CutPrefix(name, "models/"); ok {
					out.add(kind, filepath.Join(root, filepath.FromSlash(rest)))
				}
			}
		}
	}
	out.configured(root)
	out.extra(root)
	return out
}

// add adds an existing folder to those of its kind, once by its real path: VAE and vae are one on some disks.
func (f Folders) add(kind Kind, dir string) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return
	}
	if slices.ContainsFunc(f[kind], func(have string) bool {
		other, err := os.Stat(have)
		return err == nil && os.SameFile(info, other)
	}) {
		return
	}
	f[kind] = append(f[kind], dir)
}

// Around finds the folders of the installation that contains a file or folder; none where there is none. The root of
// a disk is not an installation.
func Around(path string) Folders {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	var out Folders // the outermost one's: the models folder alone would match too, without its siblings
	for dir, n := filepath.Dir(path), 0; n < depth && filepath.Dir(dir) != dir; dir, n = filepath.Dir(dir), n+1 {
		if f := Read(dir); f.hold(path) {
			out = f
		}
	}
	return out
}

// hold reports whether a file is in one of the folders of checkpoints.
func (f Folders) hold(path string) bool {
	return slices.ContainsFunc(f[Checkpoints], func(of string) bool {
		rel, err := filepath.Rel(of, path)
		return err == nil && filepath.IsLocal(rel)
	})
}
