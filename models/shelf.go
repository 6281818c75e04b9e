package models

import "nirvana/models/installation"

// LoRAs are the adapters that prompts can name, as LoRA finds them.
func (f Folder) LoRAs(further ...string) (files []Adapter) {
	for _, dir := range append(f.beside("loras", installation.LoRAs), further...) {
		files = append(files, adaptersIn(dir, ".safetensors")...)
	}
	return files
}
