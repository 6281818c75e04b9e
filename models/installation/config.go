package installation

import (
	"encoding/json"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"nirvana/engine/wholefile"
)

// config is a file of settings in which a program names its folders: with a text or a list for each.
type config struct {
	name  string
	parse func([]byte, any) error
	kinds map[string]Kind
}

// configs are the files of SD.Next (modules/shared.py, modules/paths.py) and of Fooocus (modules/config.py).
var configs = []config{
	{"config.json", json.Unmarshal, map[string]Kind{"ckpt_dir": Checkpoints, "diffusers_dir": Checkpoints, "unet_dir": Checkpoints, "te_dir": TextEncoders, "vae_dir": VAEs,
		"lora_dir": LoRAs, "embeddings_dir": Embeddings, "control_dir": ControlNets, "esrgan_models_path": Upscalers, "realesrgan_models_path": Upscalers}},
	{"config.txt", json.Unmarshal, map[string]Kind{"path_checkpoints": Checkpoints, "path_loras": LoRAs, "path_embeddings": Embeddings, "path_controlnet": ControlNets,
		"path_upscale_models": Upscalers, "path_vae": VAEs}},
}

// configured adds the folders that the program's own settings name. A file that cannot be read has none.
func (f Folders) configured(root string) {
	for _, c := range configs {
		var set map[string]any
		if !c.read(root, &set) {
			continue
		}
		for key, value := range set {
			kind, known := c.kinds[key]
			if !known {
				continue
			}
			for _, dir := range lines(value) {
				f.add(kind, under(root, dir))
			}
		}
	}
	f.invoke(root)
}

func (c config) read(root string, into any) bool {
	data, err := wholefile.ReadMost(filepath.Join(root, c.name), mostExtra)
	return err == nil && c.parse(data, into) == nil
}

// invoke adds Invoke's folder of models. Since 6.9 every model has a folder there, which its database gives a name that says nothing
// of the kind; the files' headers do.
func (f Folders) invoke(root string) {
	var set struct {
		Dir string `yaml:"models_dir"`
	}
	if !(config{name: "invokeai.yaml", parse: yaml.Unmarshal}).read(root, &set) {
		return
	}
	if set.Dir == "" {
		set.Dir = "models"
	}
	dir := under(root, set.Dir)
	for _, kind := range []Kind{Checkpoints, TextEncoders, VAEs, LoRAs, Embeddings, ControlNets, Upscalers} {
		f[kind] = nil // older folders of a kind are in it
		f.add(kind, dir)
	}
}
