package models

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/pbnjay/memory"

	enginefamily "nirvana/engine/family"
)

// Kind is the model's family with its variant: "Stable Diffusion XL Inpainting", see family.Name. Of other pipelines it is their
// class in words; a folder without model_index.json is known by its parts.
func (f Folder) Kind() string {
	if name := enginefamily.Name(f.Name, f.Index, f.Denoiser.Config, f.Scheduler); name != "" {
		return name
	}
	class := readIndex(f.Index).class
	for _, s := range []string{"ORT", "Onnx", "Pipeline", "Inpaint", "Img2Img"} {
		class = strings.ReplaceAll(class, s, "")
	}
	if class == "" || class == "Diffusion" {
		return [...]string{"unconditional", "text to image"}[min(len(f.Text), 1)]
	}
	var b strings.Builder
	for i, r := range class {
		if i > 0 && r >= 'A' && r <= 'Z' && !(class[i-1] >= 'A' && class[i-1] <= 'Z') {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Refiner reports whether the folder holds SDXL's refiner: its only text encoder is the second.
func (f Folder) Refiner() bool {
	return len(f.Text) == 1 && f.Text[0].Name == "text_encoder_2"
}

// Resolution is the trained size, px; 0 where the files do not say.
func (f Folder) Resolution() (width, height int) {
	var decoder []byte
	if f.Decoder.Path != "" {
		decoder = append([]byte{}, f.Decoder.Config...)
	}
	return enginefamily.ReadSize(f.Denoiser.Config, decoder)
}

// Usual is what the model is usually run with, as its files say; 0: not known before it is open. Without a verifier there is no search: BestOf is
// then 1.
func (f Folder) Usual() enginefamily.Usual {
	u := enginefamily.ReadUsual(f.Name, f.Index, f.Denoiser.Config, f.Scheduler)
	if u.BestOf = max(u.BestOf, 1); f.Verifier == nil {
		u.BestOf = 1
	}
	return u
}

// Opacity reports whether the decoder's config says that it gives the picture's opacity as a fourth channel.
func (f Folder) Opacity() bool {
	var vae struct {
		Channels int `json:"out_channels"`
	}
	return f.Decoder.Path != "" && json.Unmarshal(f.Decoder.Config, &vae) == nil && vae.Channels == 4
}

// DraftSteps is the number of steps of its distilled denoiser; 0: it has none.
func (f Folder) DraftSteps() int {
	if f.Draft == nil {
		return 0
	}
	return f.Draft.Steps
}

// memoryFactor and memoryRest estimate what a model needs in addition to its weights: Stable Diffusion 1.5 (3.4 GB in
// its U-Net) runs at 512 px in 3.6 to 5.6 GB; a checkpoint of it in half precision, 4.3 GB of float32, took 4.3 GB. Networks
// that are built from weights and are too large for the cache take most while they are opened, when the weights are there
// as they are in the file's order and as the operations want them: that took 7.1 GB, and 5.1 GB afterwards.
const (
	memoryFactor  = 1.2
	openingFactor = 1.6
	mostCached    = 24_000_000_000
	memoryRest    = 250 << 20
)

// Memory estimates the bytes that the model needs at its own size, with all its networks open; a draft is a second
// denoiser.
func (f Folder) Memory() int64 {
	var weights, opening int64
	parts := f.parts()
	if f.Draft != nil {
		parts = append(parts, f.Denoiser)
	}
	for _, p := range parts {
		if p.Weights != nil {
			if n := p.Weights.Memory(); p.Weights.Quantised() || n <= mostCached {
				weights += n
			} else {
				opening += n
			}
			continue
		}
		entries, _ := os.ReadDir(filepath.Dir(p.Path))
		for _, e := range entries {
			if info, err := os.Stat(filepath.Join(filepath.Dir(p.Path), e.Name())); err == nil && info.Mode().IsRegular() && strings.Contains(e.Name(), ".onnx") {
				weights += info.Size()
			}
		}
	}
	return int64(float64(weights)*memoryFactor+float64(opening)*openingFactor) + memoryRest
}

// MachineMemory is this machine's memory, bytes; 0 where unknown.
func MachineMemory() int64 { return int64(memory.TotalMemory()) }
