package hub

import (
	"maps"
	"path"
	"slices"
	"strings"

	"nirvana/engine/fault"
)

// mostNamed is how many files an error lists.
const mostNamed = 12

// choose returns the paths to download from a repository: the one file asked for; or what a folder of ONNX graphs
// needs, unless the same weights exist in half precision, which take half as long; or in diffusers' layout the
// weights in .safetensors and the files with them; or its only checkpoint.
func choose(name, file string, all []string) ([]string, error) {
	if file != "" {
		if !slices.Contains(all, file) {
			return nil, fault.NoRepository.Errorf("%s has no file %s: its checkpoints are %s", name, file, some(filtered(all, weights)))
		}
		return []string{file}, nil
	}
	half := slices.ContainsFunc(all, func(p string) bool { return inDenoiser(p) && weights(p) && variant(path.Base(p)) == "fp16" })
	if slices.ContainsFunc(all, denoises) && !half { // whose graphs are in full precision
		return filtered(all, needed), nil
	}
	if denoisers := filtered(all, func(p string) bool { return inDenoiser(p) && weights(p) }); len(denoisers) > 0 {
		return diffusers(all), nil
	}
	switch single := filtered(all, weights); {
	case len(single) == 1:
		return single, nil
	case len(single) > 1:
		return nil, fault.NoModel.Errorf("%s is not a model folder and holds several files of weights: name one of them, %s/FILE: %s", name, name, some(single))
	}
	return nil, fault.NoModel.Errorf("%s has neither ONNX graphs nor .safetensors or .gguf files: it is not a model that runs here; look for another repository of the model, or convert it as the README says", name)
}

// some lists names, of many only the first.
func some(all []string) string {
	switch {
	case len(all) == 0:
		return "none"
	case len(all) > mostNamed:
		return strings.Join(all[:mostNamed], ", ") + ", ..."
	}
	return strings.Join(all, ", ")
}

func filtered(all []string, keep func(string) bool) (out []string) {
	for _, p := range all {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// inDenoiser reports whether a file is in a denoiser's folder.
func inDenoiser(name string) bool {
	folder, _ := path.Split(strings.ToLower(name))
	return folder == "unet/" || folder == "transformer/"
}

// denoises reports whether a file is a denoiser's graph, by its folder.
func denoises(name string) bool {
	return inDenoiser(name) && path.Ext(strings.ToLower(name)) == ".onnx"
}

// networkFolders begin the folder names of diffusers' layout whose weights are used. Safety checkers and image
// encoders are not downloaded.
var networkFolders = []string{"unet", "transformer", "vae", "text_encoder", "controlnet"}

// networkFolder reports whether a folder is one: vae, text_encoder_2, not vae_1_0 or safety_checker.
func networkFolder(folder string) bool {
	return slices.ContainsFunc(networkFolders, func(n string) bool {
		tail, ok := strings.CutPrefix(folder, n)
		return ok && (tail == "" || tail == "_2" || tail == "_3" || n == "controlnet")
	})
}

// diffusers leaves out weights in other formats and precisions: of each network one variant is downloaded, half
// precision where there is one, which takes half as long.
func diffusers(all []string) []string {
	of := map[string][]string{} // weights and indexes by folder
	var out []string
	for _, p := range all {
		folder, base := path.Split(p)
		folder = strings.TrimSuffix(folder, "/")
		switch {
		case weights(base) && path.Ext(base) == ".gguf", weights(base) && folder == "":
		case weights(base) || strings.Contains(base, ".safetensors.index."):
			if networkFolder(folder) {
				of[folder] = append(of[folder], p)
			}
		case strings.HasSuffix(base, ".index.json") || path.Ext(base) == ".onnx" || strings.Contains(base, ".onnx"):
		case needed(p) && (folder == "" || networkFolder(folder) || folder == "scheduler" || strings.HasPrefix(folder, "tokenizer")):
			out = append(out, p)
		}
	}
	for _, files := range of {
		out = append(out, oneVariant(files)...)
	}
	slices.Sort(out)
	return out
}

// oneVariant are the files of one precision of a network's weights.
func oneVariant(files []string) []string {
	variants := map[string][]string{}
	for _, p := range files {
		v := variant(path.Base(p))
		variants[v] = append(variants[v], p)
	}
	for _, v := range []string{"fp16", "", "bf16"} {
		if slices.ContainsFunc(variants[v], weights) {
			return variants[v]
		}
	}
	for _, v := range slices.Sorted(maps.Keys(variants)) {
		if slices.ContainsFunc(variants[v], weights) {
			return variants[v]
		}
	}
	return nil
}

// variant is the part of a weights file's name that diffusers adds for a variant: "fp16" of
// diffusion_pytorch_model.fp16-00001-of-00002.safetensors, model.fp16.safetensors, model.safetensors.index.fp16.json;
// "" where there is none; the whole name where it is not diffusers'.
func variant(base string) string {
	rest, ok := strings.CutPrefix(base, "diffusion_pytorch_model")
	if !ok {
		if rest, ok = strings.CutPrefix(base, "model"); !ok {
			return base
		}
	}
	for _, cut := range []string{".safetensors", ".index", ".json"} {
		rest = strings.ReplaceAll(rest, cut, "")
	}
	words := strings.FieldsFunc(rest, func(r rune) bool { return r == '.' || r == '-' })
	words = slices.DeleteFunc(words, func(w string) bool { return w == "of" || strings.Trim(w, "0123456789") == "" })
	return strings.Join(words, ".")
}
