package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// OpenFolder reads the weights in one network's folder of diffusers' layout (unet/, vae/, text_encoder/): one file,
// or shards with their index; of several variants the one in full precision, else fp16's. nil where there are none.
func OpenFolder(dir string) (*File, error) {
	whole, tensors, err := readFolder(dir)
	if whole == nil || err != nil {
		return nil, err
	}
	if whole.Parts = Split(tensors); len(whole.Parts) == 0 {
		return nil, fault.Unknown.Errorf("%s holds no network that this program knows: its tensors are %s", dir, some(tensors))
	}
	return whole, nil
}

// OpenCLIPFolder reads the weights of a CLIP model with its image encoder, or of an image encoder alone, in transformers'
// names: the folders verifier and image_encoder. nil where there are none.
func OpenCLIPFolder(dir string) (Weights, error) {
	whole, tensors, err := readFolder(dir)
	if whole == nil || err != nil {
		return nil, err
	}
	if !tensors.Has(clipClass) {
		return nil, fault.Unknown.Errorf("%s holds no image encoder of CLIP that this program knows: its tensors are %s", dir, some(tensors))
	}
	for name := range tensors {
		if strings.HasSuffix(name, ".position_ids") {
			delete(tensors, name)
		}
	}
	return tensors, nil
}

// readFolder reads the tensors of a network's folder; nil where there are none.
func readFolder(dir string) (*File, Weights, error) {
	files, err := weightFiles(dir)
	if err != nil || len(files) == 0 {
		return nil, nil, err
	}
	whole := &File{Path: dir, Metadata: map[string]string{}, Marks: map[string]bool{}}
	tensors := Weights{}
	for _, path := range files {
		if err := refuse(path); err != nil {
			return nil, nil, err
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, nil, fault.Incomplete.Errorf("%s is not there: fetch the model again", path)
		}
		one := &File{Path: path}
		shard, err := one.read(real)
		if err != nil {
			return nil, nil, fault.Incomplete.Errorf("%s %w: fetch the file again", path, err)
		}
		for name, t := range shard {
			tensors[name] = t
		}
		whole.Size += one.Size
	}
	return whole, tensors, nil
}

// weightFiles are the safetensors files of a folder's network.
func weightFiles(dir string) ([]string, error) {
	all, _ := filepath.Glob(filepath.Join(escaped(dir), "*.safetensors*"))
	slices.Sort(all)
	var indexes, plain []string
	for _, path := range all {
		switch name := filepath.Base(path); {
		case strings.HasSuffix(name, ".index.json"), strings.Contains(name, ".safetensors.index."):
			indexes = append(indexes, path)
		case strings.HasSuffix(name, ".safetensors") && !strings.Contains(name, "-of-"):
			plain = append(plain, path)
		}
	}
	preferred := func(list []string) string { // no variant before fp16 before others; of the first, diffusers' own name
		best, score := "", 99
		for _, path := range list {
			s := 2
			switch name := filepath.Base(path); {
			case !strings.Contains(name, ".fp16.") && (strings.HasPrefix(name, "diffusion_pytorch_model.safetensors") || strings.HasPrefix(name, "model.safetensors")):
				s = 0
			case strings.Contains(name, ".fp16."):
				s = 1
			case strings.Contains(name, "ema"), strings.Contains(name, "lora"):
				s = 9
			}
			if s < score {
				best, score = path, s
			}
		}
		return best
	}
	if path := preferred(plain); path != "" {
		return []string{path}, nil
	}
	if path := preferred(indexes); path != "" {
		return shards(path)
	}
	return nil, nil
}

// escaped escapes a path's brackets for patterns.
func escaped(path string) string {
	return strings.NewReplacer("[", `\[`, "*", `\*`, "?", `\?`).Replace(path)
}

// mostIndex is the size of the largest index of shards that is read, bytes.
const mostIndex = 64 << 20

// shards are the files that an index names.
func shards(index string) ([]string, error) {
	data, err := wholefile.ReadMost(index, mostIndex)
	if err != nil {
		return nil, fault.Incomplete.Errorf("%s cannot be read: %w", index, err)
	}
	var file struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Map) == 0 {
		return nil, fault.Incomplete.Errorf("%s is not an index of shards: fetch the file again", index)
	}
	var out []string
	for _, name := range file.Map {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fault.Incomplete.Errorf("%s names %q, which would lie outside its folder: fetch the model again", index, name)
		}
		out = append(out, filepath.Join(filepath.Dir(index), filepath.FromSlash(name)))
	}
	slices.Sort(out)
	out = slices.Compact(out)
	for _, path := range out {
		if _, err := os.Stat(path); err != nil {
			return nil, fault.Incomplete.Errorf("%s is not there, which %s names: fetch the model again", path, filepath.Base(index))
		}
	}
	return out, nil
}
