package recipe

import (
	"path"
	"strings"
)

// Upscale is an enlargement of a picture by an upscaler, ESRGAN or the like.
type Upscale struct {
	Upscaler string  `json:"upscaler"`         // its file
	Factor   float32 `json:"factor,omitempty"` // absent: the upscaler's own
	// Refine is the strength with which the model denoised the enlarged picture in overlapping windows; absent: it
	// did not.
	Refine float32 `json:"refine,omitempty"`
}

// Base is a file's name without folders, with the separators of any system.
func Base(file string) string { return path.Base(strings.ReplaceAll(file, `\`, "/")) }

// vaeNamed reads AUTOMATIC1111's name of a VAE.
func (r *Recipe) vaeNamed(name string) {
	name, _, _ = strings.Cut(Base(name), " (") // Fooocus: "Default (model)"
	switch name {
	case "", ".", "/", "Automatic", "None", "Default":
	default:
		r.VAE = []string{name}
	}
}
