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
	// Of and Made are the hashes of the picture that was enlarged and of the result: the SHA-256 of size and pixels.
	// Absent in recipes of the command line.
	Of   string `json:"of_sha256,omitempty"`
	Made string `json:"made_sha256,omitempty"`
}

// Upscaled is the Mode of a picture that was enlarged from another, by a run of its own.
const Upscaled = "upscale"

// StepHashes are the Hashes of the steps that led to the picture as it is. One that was made and then enlarged has
// none: they are of the picture before.
func (r Recipe) StepHashes() []string {
	if r.Upscale != nil && (r.Mode != Upscaled || r.Upscale.Refine == 0) {
		return nil
	}
	return r.Hashes
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
