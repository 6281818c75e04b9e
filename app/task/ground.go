package task

import (
	"image"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Ground is what a run works on, and how its result is laid over it. All pictures have one size.
type Ground struct {
	Base    *image.RGBA // what lies under the result; nil: nothing
	Init    *image.RGBA // what the engine begins from
	Mask    *image.Gray // white is repainted; nil: everything
	Feather int         // px over which the result fades into Base, inside the mask
	Match   bool        // the result's colours are matched to what is around the mask
	CutOut  bool        // Base was cut out of a white ground, and so will the result be: what is transparent is not missing
}

// Prepare makes the ground of a run in a mode. In an inpaint, mask is repainted; in an outpaint the holes are, with a
// band of overlap px next to them that both contain and the result fades over, and in addition mask. Holes are filled
// with a smooth extension of their surroundings, and so are transparent parts in an inpaint.
func Prepare(m Mode, base *image.RGBA, mask, holes *image.Gray, overlap int, g Ground) Ground {
	g.Base, g.Init, g.Mask = base, base, nil
	if (g.CutOut || m == ImageToImage) && !base.Opaque() {
		g.Init = pixel.Flatten(base, image.White)
	}
	switch m {
	case Inpaint:
		g.Mask = mask
		if !g.Init.Opaque() { // what is transparent, from the colours around it
			g.Init = pixel.Fill(base, image.NewGray(base.Rect))
		}
	case Outpaint:
		g.Mask = band(g.Init, holes, overlap)
		if mask != nil {
			g.Mask = pixel.Either(mask, g.Mask)
		}
		g.Init = pixel.Fill(g.Init, holes)
		g.Feather = max(g.Feather, overlap)
	}
	return g
}

// widest is how much wider than the overlap an outpaint's band becomes where a small thing touches the border.
const widest = 4

// band are the holes with what of the picture is painted again beside them: overlap px, and the whole of a thing that
// touches them and ends soon, which would else go on otherwise than it began.
func band(base *image.RGBA, holes *image.Gray, overlap int) *image.Gray {
	out := pixel.Grow(holes, overlap)
	if overlap <= 0 {
		return out
	}
	things := pixel.Touching(base, holes, widest*overlap)
	if pixel.Empty(things, things.Rect) {
		return out
	}
	return pixel.Either(out, pixel.Grow(things, overlap/2))
}

// Give puts picture and mask into a request, at its size or, where that is 0, at their own.
func (g Ground) Give(q *engine.Request) {
	q.Init, q.Mask = g.Init, g.Mask
	if q.Width <= 0 || q.Height <= 0 {
		return
	}
	if g.Init != nil {
		q.Init = pixel.Resize(g.Init, q.Width, q.Height)
	}
	if g.Mask != nil {
		q.Mask = pixel.ResizeMask(g.Mask, q.Width, q.Height)
	}
}

// Laid is where the result of a run with changes counts: under its mask, nil being everywhere, and under those that it
// got; everywhere where the rest was kept loosely.
func Laid(mask *image.Gray, changes []engine.Change) *image.Gray {
	if mask == nil {
		return nil
	}
	for _, c := range changes {
		if c.Mask != nil {
			mask = pixel.Either(mask, pixel.ResizeMask(c.Mask, mask.Rect.Dx(), mask.Rect.Dy()))
		}
		if c.Keep != nil && *c.Keep < 1 {
			return pixel.Invert(image.NewGray(mask.Rect))
		}
	}
	return mask
}

// Lay lays a made picture over the ground: whole is the result, raw the made picture at the ground's size with its
// colours matched, alpha how much of it counts; nil where it is the whole result. Where the mask is 0 the ground stays
// byte for byte.
func (g Ground) Lay(made *image.RGBA, size image.Point) (whole, raw *image.RGBA, alpha *image.Gray) {
	raw = pixel.Resize(made, size.X, size.Y)
	if g.Mask == nil {
		return raw, raw, nil
	}
	alpha = pixel.Fade(g.Mask, g.Feather)
	if g.Match {
		raw = pixel.Match(raw, g.Base, g.Mask)
	}
	return g.Over(raw, alpha), raw, alpha
}

// Over blends a made picture of the ground's size over it; alpha is how much of it counts.
func (g Ground) Over(raw *image.RGBA, alpha *image.Gray) *image.RGBA {
	if g.CutOut {
		return pixel.BlendCutOut(g.Base, raw, alpha)
	}
	return pixel.Blend(g.Base, raw, alpha)
}
