package recipe

import (
	"cmp"
	"image"
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
	// Absent in older recipes of the command line.
	Of   string `json:"of_sha256,omitempty"`
	Made string `json:"made_sha256,omitempty"`
}

// Upscaled is the Mode of a picture that was enlarged from another, by a run of its own.
const Upscaled = "upscale"

// Enlarges reports whether the recipe is of a run that enlarges another picture: with an upscaler, or, where it has no
// Upscale, by interpolation. Otherwise Upscale is about the picture that the recipe makes.
func (r Recipe) Enlarges() bool { return r.Mode == Upscaled }

// Interpolates reports whether it is of a run that enlarges another picture by interpolation and denoises that at its Strength.
func (r Recipe) Interpolates() bool { return r.Enlarges() && r.Upscale == nil }

// Before is the hash of the picture that was enlarged; "" if it is not known.
func (r Recipe) Before() string {
	of := ""
	if r.Upscale != nil {
		of = r.Upscale.Of
	}
	if r.Enlarges() {
		return cmp.Or(of, r.Pictures["init"])
	}
	return of
}

// From is the enlargement of a picture, of which large and then, denoised or not, made came.
func (u Upscale) From(of, large, made *image.RGBA) *Upscale {
	if u.Factor == 0 {
		u.Factor = float32(large.Rect.Dx()) / float32(of.Rect.Dx())
	}
	u.Of, u.Made = Hash(of.Rect, of.Pix), Hash(made.Rect, made.Pix)
	return &u
}

// SameUpscale reports whether two recipes enlarge in the same way, with the same upscaler wherever it is.
func SameUpscale(a, b Recipe) bool {
	u, v := a.Upscale, b.Upscale
	if u == nil || v == nil {
		return u == v
	}
	return stem(u.Upscaler) == stem(v.Upscaler) && u.Refine == v.Refine && (u.Factor == v.Factor || u.Factor == 0 || v.Factor == 0)
}

// CompareEnlarged reports whether two enlarged pictures are the same, pixel by pixel; not ok where that is not known.
func CompareEnlarged(a, b Recipe) (same, ok bool) {
	if a.Upscale == nil || b.Upscale == nil || a.Upscale.Made == "" || b.Upscale.Made == "" || !SameUpscale(a, b) {
		return false, false
	}
	return a.Upscale.Made == b.Upscale.Made, true
}

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
