package adapter

import (
	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
	"nirvana/models/safetensors"
)

// refuse tells by its header alone that a file is another kind of thing, a whole model of gigabytes or its VAE, which
// is then not read. What is unknown here or there is left to the reader.
func refuse(path, what, kind string) error {
	h, err := safetensors.ReadHeader(path)
	if err != nil {
		return nil
	}
	if kind == checkpoint.LoRA {
		for name := range h.Tensors {
			if _, _, of := parseName(name); of != "" {
				return nil
			}
		}
	}
	f, err := checkpoint.Open(path)
	if err != nil || f.Part(kind) != nil {
		return nil
	}
	return fault.Adapter.Mark(f.NotA(what))
}
