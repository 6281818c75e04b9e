package models

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LoRA is the file of a LoRA by the name that prompts use, <lora:name:0.7>: name.safetensors in
// the folder "loras" inside the model's folder, or beside it, or in one of the further folders.
func (f Folder) LoRA(name string, further ...string) (string, error) {
	dirs := append([]string{filepath.Join(f.Dir, "loras"), filepath.Join(filepath.Dir(absolute(f.Dir)), "loras")}, further...)
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			base, ok := strings.CutSuffix(e.Name(), ".safetensors")
			if ok && !e.IsDir() && strings.EqualFold(base, name) {
				return filepath.Join(dir, e.Name()), nil
			}
		}
	}
	return "", fmt.Errorf("the prompt asks for the LoRA %q, and there is no %s.safetensors in %s: put it there, or take <lora:%s> out of the prompt",
		name, name, strings.Join(dirs, " or "), name)
}
