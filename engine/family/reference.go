package family

import (
	"image"
	"math"

	"nirvana/engine/tensor"
)

// References is how a network sees pictures beside the run's own. The zero value: not at all.
type References struct {
	// Most is how many pictures it sees, the run's own among them.
	Most int
	// Stitched pictures are one, side by side, the run's own first.
	Stitched bool
	// Fit is the size in px that a picture is scaled to, and that of its middle, which is seen; sides are multiples of unit.
	Fit func(of image.Point, unit int) (scaled, seen image.Point)
	// Shown is the size of about area px that a picture is shown at to a language model; nil: none sees it.
	Shown func(area int, of image.Point) image.Point
}

// megapixel is the area at which networks see pictures.
const megapixel = 1024 * 1024

// Large reports whether a picture has more px than networks see one at.
func (References) Large(of image.Point) bool { return of.X*of.Y > megapixel }

// middle keeps a picture's size, or its proportions at an area of at most a megapixel, and leaves out what is no whole unit
// at its edges, as diffusers' Flux2ImageProcessor does.
func middle(of image.Point, unit int) (scaled, seen image.Point) {
	if scaled = of; of.X*of.Y > megapixel {
		k := math.Sqrt(megapixel / float64(of.X*of.Y))
		scaled = image.Pt(int(float64(of.X)*k), int(float64(of.Y)*k))
	}
	whole := func(n int) int { return max(n/unit, 1) * unit }
	seen = image.Pt(whole(scaled.X), whole(scaled.Y))
	if seen.X > scaled.X || seen.Y > scaled.Y { // smaller than a unit
		scaled = seen
	}
	return scaled, seen
}

// kontextSizes are the widths that FLUX Kontext was trained with, and the heights that belong to them in reverse.
var kontextSizes = [...]int{672, 688, 720, 752, 800, 832, 880, 944, 1024, 1104, 1184, 1248, 1328, 1392, 1456, 1504, 1568}

// trained is the size of those that FLUX Kontext was trained with whose proportions are nearest.
func trained(of image.Point, unit int) (scaled, seen image.Point) {
	ratio, nearest := float64(of.X)/float64(of.Y), math.Inf(1)
	for i, w := range kontextSizes {
		h := kontextSizes[len(kontextSizes)-1-i]
		if d := math.Abs(ratio - float64(w)/float64(h)); d < nearest {
			nearest, seen = d, image.Pt(max(w/unit, 1)*unit, max(h/unit, 1)*unit)
		}
	}
	return seen, seen
}

// ofArea is a size of about area px with a picture's proportions, in steps of 32 px, as diffusers' pipelines for
// Qwen-Image-Edit have it.
func ofArea(area int, of image.Point) image.Point {
	ratio := float64(of.X) / float64(max(1, of.Y))
	width := math.Sqrt(float64(area) * ratio)
	step := func(v float64) int { return max(1, int(math.RoundToEven(v/32))) * 32 }
	return image.Pt(step(width), step(width/ratio))
}

// grown brings a picture to about a megapixel.
func grown(of image.Point, unit int) (scaled, seen image.Point) {
	seen = ofArea(megapixel, of)
	seen = image.Pt(max(seen.X/unit, 1)*unit, max(seen.Y/unit, 1)*unit)
	return seen, seen
}

// behind adds reference pictures' tokens to those of the run's own picture, or to none: latents [1, c, height, width] in
// x_t's layout, for n pictures.
func behind(own tensor.Tensor, references []tensor.Tensor, layout Layout, n int) tensor.Tensor {
	all := []tensor.Tensor{}
	if own.Data != nil {
		all = append(all, own)
	}
	for _, z := range references {
		all = append(all, tensor.Spread(layout.Pack(z), n))
	}
	if len(all) == 0 {
		return tensor.Tensor{}
	}
	return tensor.ConcatChannels(all...)
}
