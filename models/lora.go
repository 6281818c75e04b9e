package models

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/files"
	"nirvana/models/installation"
	"nirvana/models/safetensors"
)

// Adapter is a LoRA or an embedding file with its name in prompts.
type Adapter struct {
	Path string
	Name string // without the extension; in a subfolder "sub/name", with slashes
}

// LoRA is the file of a LoRA by its name in prompts, <lora:name:0.7> or <lora:sub/name:0.7>: name.safetensors in the
// folder "loras" inside the model's folder, or next to it, or in one of the further folders, subfolders included.
// Case is ignored. It fails where there is none.
func (f Folder) LoRA(name string, further ...string) (string, error) {
	dirs := append(f.beside("loras", installation.LoRAs), further...)
	var all []Adapter
	for _, dir := range dirs {
		all = append(all, adaptersIn(dir, ".safetensors")...)
	}
	if a, ok := findAdapter(all, name); ok {
		return a.Path, nil
	}
	if a, ok := findAdapter(all, withoutIdentifier(name)); ok && withoutIdentifier(name) != name {
		return a.Path, nil
	}
	for _, a := range all { // the name given in training, which AUTOMATIC1111 writes into prompts
		if strings.EqualFold(safetensors.Metadata(a.Path)["ss_output_name"], name) && name != "" {
			return a.Path, nil
		}
	}
	for _, dir := range dirs {
		if a, ok := findAdapter(adaptersIn(dir, ".pt", ".ckpt", ".bin"), name); ok {
			return "", fault.NoLoRA.Errorf("the prompt names the LoRA %q, and %s can run programs when it is opened, so it is not used: convert it to .safetensors, or look for the .safetensors of the same name", name, a.Path)
		}
	}
	return "", fault.NoLoRA.Errorf("the prompt names the LoRA %q, and there is no %s.safetensors in %s or a folder in it: put it there, or take <lora:%s> out of the prompt",
		name, name, strings.Join(dirs, " or "), name)
}

// findAdapter is the file with a name: by its whole name first, then by its name without folders, the least nested
// first.
func findAdapter(all []Adapter, name string) (Adapter, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.EqualFold(filepath.Ext(name), ".safetensors") {
		name = name[:len(name)-len(".safetensors")]
	}
	for _, a := range all {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	deep := func(a Adapter) int { return strings.Count(a.Name, "/") }
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Adapter) int { return deep(a) - deep(b) })
	for _, a := range all {
		if strings.HasSuffix(strings.ToLower("/"+a.Name), "/"+strings.ToLower(name)) {
			return a, true
		}
	}
	return Adapter{}, false
}

// Embeddings are the textual inversions that prompts can name: the files in the folder "embeddings" inside the
// model's folder, next to it, and in the further folders, subfolders included. Pickled are those in PyTorch's own
// format, which can run programs when it is opened.
func (f Folder) Embeddings(further ...string) (files, pickled []Adapter) {
	for _, dir := range append(f.beside("embeddings", installation.Embeddings), further...) {
		files = append(files, adaptersIn(dir, ".safetensors")...)
		pickled = append(pickled, adaptersIn(dir, ".pt", ".bin")...)
	}
	return files, pickled
}

// beside is the folders with a name in the model's folder, next to it, and in the program that the model belongs to.
func (f Folder) beside(name string, kind installation.Kind) []string {
	return append([]string{filepath.Join(f.Dir, name), filepath.Join(filepath.Dir(absolute(f.Dir)), name)}, installation.Around(f.Dir)[kind]...)
}

// adaptersIn are the files with one of the endings in a folder and in those in it, links followed.
func adaptersIn(dir string, endings ...string) (found []Adapter) {
	for _, w := range files.With(dir, endings...) {
		found = append(found, Adapter{w.Path, w.Name[:len(w.Name)-len(w.Ending())]})
	}
	return recognisable(found)
}

// recognisable leaves identifiers out of names, where the rest is one file's alone: Invoke has a folder for each of its models, whose
// name says nothing.
func recognisable(found []Adapter) []Adapter {
	times := map[string]int{}
	for _, a := range found {
		times[strings.ToLower(withoutIdentifier(a.Name))]++
	}
	for i, a := range found {
		if short := withoutIdentifier(a.Name); times[strings.ToLower(short)] == 1 {
			found[i].Name = short
		}
	}
	return found
}

// identifier is a UUID as the name of a folder.
var identifier = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/`)

func withoutIdentifier(name string) string { return name[len(identifier.FindString(name)):] }
