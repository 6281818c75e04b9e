package work

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// ground is the picture that an order's run processes: the initial picture, or the part of it around the mask.
type ground struct {
	order Order
	task.Ground
	at  image.Rectangle // of the part, with OnlyMasked
	own image.Point     // the requested size, if the run's is larger
}

// give adds the order's pictures to a request, and adjusts its size to one that the model can make.
func (g *ground) give(q *engine.Request, f engine.Facts) error {
	o, mode := g.order, g.order.mode()
	if mode == task.TextToImage {
		g.own = task.Fit(q, max(f.Multiple, 1))
		return nil
	}
	if !f.CanEncode {
		return invalid("init_images", "%s makes pictures from a prompt alone: it cannot begin from one", f.Name)
	}
	base, mask := pixel.Flatten(o.Init, image.White), o.Mask
	if q.Width == 0 {
		q.Width, q.Height = base.Rect.Dx(), base.Rect.Dy()
	}
	if mask != nil && o.OnlyMasked {
		g.at = pixel.MaskCrop(mask, q.Width, q.Height, o.Padding)
		base, mask = pixel.Crop(base, g.at), pixel.CropMask(mask, g.at)
	} else if size := image.Pt(q.Width, q.Height); base.Rect.Size() != size {
		base = pixel.Resize(base, size.X, size.Y)
		if mask != nil {
			mask = pixel.ResizeMask(mask, size.X, size.Y)
		}
	}
	g.Ground = task.Prepare(mode, base, mask, nil, task.Overlap, task.Ground{Feather: o.Feather, Match: o.Match})
	g.Give(q)
	g.own = task.Fit(q, max(f.Multiple, 1))
	return nil
}

// finish crops a picture to the requested size and composes it onto the initial picture.
func (g *ground) finish(made *image.RGBA, q engine.Request) *image.RGBA {
	made = task.Cut(made, g.own, q)
	if g.Mask == nil {
		return made
	}
	whole, _, _ := g.Lay(made, g.Base.Rect.Size())
	if g.at.Empty() {
		return whole
	}
	out := pixel.Crop(g.order.Init, g.order.Init.Rect)
	for y := range g.at.Dy() {
		from := whole.Pix[whole.PixOffset(0, y):][:4*g.at.Dx()]
		for x := range g.at.Dx() {
			if g.Mask.Pix[g.Mask.PixOffset(x, y)] != 0 {
				copy(out.Pix[out.PixOffset(g.at.Min.X+x, g.at.Min.Y+y):][:4], from[4*x:4*x+4])
			}
		}
	}
	return out
}
