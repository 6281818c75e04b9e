package installation

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"nirvana/engine/wholefile"
)

// extraFiles are the names of ComfyUI's list of further folders (its main.py and folder_paths.py; the desktop
// program's own).
var extraFiles = []string{"extra_model_paths.yaml", "extra_model_paths.yml", "extra_models_config.yaml"}

// mostExtra is the size of the longest list that is read, bytes.
const mostExtra = 1 << 20

// extraKinds are the list's names of folders.
var extraKinds = map[string]Kind{"checkpoints": Checkpoints, "diffusion_models": Checkpoints, "unet": Checkpoints, "text_encoders": TextEncoders, "clip": TextEncoders,
	"vae": VAEs, "loras": LoRAs, "embeddings": Embeddings, "controlnet": ControlNets, "upscale_models": Upscalers}

// extra adds the folders in extra_model_paths.yaml of the program's folder: groups, each with a base_path and names
// of folders, several in lines of one text. A list that cannot be read has none.
func (f Folders) extra(root string) {
	for _, name := range extraFiles {
		data, err := wholefile.ReadMost(filepath.Join(root, name), mostExtra)
		if err != nil {
			continue
		}
		var groups map[string]map[string]any
		if yaml.Unmarshal(data, &groups) != nil {
			continue
		}
		for _, group := range groups {
			base := root
			if text, ok := group["base_path"].(string); ok {
				base = under(root, text)
			}
			for key, value := range group {
				kind, known := extraKinds[key]
				if !known {
					continue
				}
				for _, dir := range lines(value) {
					f.add(kind, under(base, dir))
				}
			}
		}
	}
}

// lines are the folders in a value: a text of one or several lines, or a list.
func lines(value any) (out []string) {
	switch v := value.(type) {
	case string:
		for line := range strings.Lines(v) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	case []any:
		for _, one := range v {
			out = append(out, lines(one)...)
		}
	}
	return out
}

// under is a path in the list: with variables and ~, relative to base where it is not absolute.
func under(base, path string) string {
	path = os.ExpandEnv(path)
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + rest
		}
	}
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}
