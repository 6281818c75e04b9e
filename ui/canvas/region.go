package canvas

import (
	"image"
	"image/color"
)

// Region is a part of the picture with a prompt of its own, shown by its outline.
type Region struct {
	Mask   *image.Gray     // of any size, white where the region is
	At     image.Rectangle // in document pixels, which the mask is scaled to
	Chosen bool            // its outline is clear, the others' are faint
}

// faint is how opaque the outlines of regions are that are not chosen, 0 to 255: a hint over any picture.
const faint = 100

// drawRegions draws the regions' outlines, the chosen one's over the others'.
func (p *shot) drawRegions(dst *image.RGBA) {
	for _, chosen := range [2]bool{false, true} {
		in, out := translucent(edgeIn, faint), translucent(edgeOut, faint)
		if chosen {
			in, out = p.Accent, color.NRGBA(edgeOut)
		}
		for i, g := range p.Regions {
			if g.Chosen != chosen {
				continue
			}
			edges(dst.Rect, p.regions[i], p.view.ToScreen(g.At), func(x, y int, inside bool) {
				c := out
				if inside {
					c = in
				}
				fill(dst, image.Rect(x, y, x+1, y+1), c)
			})
		}
	}
}

func translucent(c color.RGBA, alpha uint8) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, alpha} }

// regionMips are the halved versions of the regions' masks.
type regionMips []maskMips

// level are the regions' masks, halved for what a zoom shows of them.
func (m *regionMips) level(regions []Region, zoom float64) (out []*image.Gray) {
	*m = append((*m)[:min(len(*m), len(regions))], make([]maskMips, max(len(regions)-len(*m), 0))...)
	for i, g := range regions {
		out = append(out, (*m)[i].level(g.Mask, zoom*float64(g.At.Dx())/float64(max(g.Mask.Rect.Dx(), 1))))
	}
	return out
}
