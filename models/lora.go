package models

import (
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/fault"
)

// LoRA is the file of a LoRA by the name that prompts use, <lora:name:0.7>: name.safetensors in
// the folder "loras" inside the model's folder, or beside it, or in one of the further folders.
func (f Folder) LoRA(name string, further ...string) (string, error) {
	dirs := append(f.beside("loras"), further...)
	for _, dir := range dirs {
		for _, file := range safetensorsIn(dir) {
			if strings.EqualFold(strings.TrimSuffix(filepath.Base(file), ".safetensors"), name) {
				return file, nil
			}
		}
	}
	return "", fault.NoLoRA.Errorf("the prompt asks for the LoRA %q, and there is no %s.safetensors in %s: put it there, or take <lora:%s> out of the prompt",
		name, name, strings.Join(dirs, " or "), name)
}

// Embeddings are the textual inversions that prompts can name: the files in the folder "embeddings" inside the
// model's folder, beside it, and in the further folders.
func (f Folder) Embeddings(further ...string) (files []string) {
	for _, dir := range append(f.beside("embeddings"), further...) {
		files = append(files, safetensorsIn(dir)...)
	}
	return files
}

// beside is a folder of a name in the model's folder and in the one around it.
func (f Folder) beside(name string) []string {
	return []string{filepath.Join(f.Dir, name), filepath.Join(filepath.Dir(absolute(f.Dir)), name)}
}

func safetensorsIn(dir string) (files []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".safetensors") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}
