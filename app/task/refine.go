package task

import (
	"image"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Refinement is the strength, 0 to 1, with which an enlarged picture is usually denoised: enough to sharpen, too
// little to add objects in a window.
const Refinement = 0.25

// Refining is a request with an enlarged picture to begin from: the model denoises it at a strength, 0 to 1, in
// overlapping windows of the size that it was trained at. What belongs to the picture before (mask, depth map,
// ControlNets, regions, changes) is left out.
func Refining(r engine.Request, f engine.Facts, large *image.RGBA, strength float32) engine.Request {
	of := max(f.Multiple, 1)
	up := func(n int) int { return (n + of - 1) / of * of }
	r.Init, r.Strength, r.Window = large, strength, max(f.Width, f.Height)
	r.Width, r.Height = up(large.Rect.Dx()), up(large.Rect.Dy())
	r.Mask, r.Depth, r.Control, r.Regions, r.Latents, r.Resume, r.Changes = nil, nil, nil, nil, nil, nil, nil
	r.Timesteps, r.Sigmas, r.Start, r.End, r.CutOut = nil, nil, 0, 0, false
	return r
}

// Refined is the model's picture of a Refining request, with the size and the opacity of the enlarged one.
func Refined(made, large *image.RGBA) *image.RGBA {
	switch {
	case made.Rect.Size() != large.Rect.Size():
		made = pixel.Resize(made, large.Rect.Dx(), large.Rect.Dy())
	case !large.Opaque(): // others may hold the model's
		made = pixel.Crop(made, made.Rect)
	}
	pixel.KeepAlpha(made, large)
	return made
}
