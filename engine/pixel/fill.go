package pixel

import "image"

// Fill extends the picture smoothly into the hole, so that a network starts from the colours around it: every pixel
// of the hole is a mean of known ones, near ones weighing most. Half-transparent pixels are composed over that.
// Computed on a pyramid (pull and push, Gortler et al., 1996), so that large holes take no longer. Kept pixels are
// unchanged.
func Fill(img *image.RGBA, hole *Mask) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	p := plane{w, h, make([]float32, 4*w*h)}
	for i := 0; i < w*h; i++ {
		if hole.Pix[i/w*hole.Stride+i%w] < 128 {
			for c := 0; c < 3; c++ {
				p.v[4*i+c] = float32(img.Pix[4*i+c])
			}
			p.v[4*i+3] = float32(img.Pix[4*i+3]) / 255
		}
	}
	full := p.filled()
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	for i := 0; i < w*h; i++ {
		if p.v[4*i+3] == 1 {
			continue
		}
		for c := 0; c < 3; c++ {
			out.Pix[4*i+c] = uint8(min(max(full.v[4*i+c]+0.5, 0), 255))
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// plane is weighted colour: r, g, b times weight, and weight.
type plane struct {
	w, h int
	v    []float32
}

// filled has weight 1 everywhere; nothing known gives mid-grey.
func (p plane) filled() plane {
	if p.w == 1 && p.h == 1 {
		out := plane{1, 1, []float32{128, 128, 128, 1}}
		if k := p.v[3]; k > 0 {
			out.v = []float32{p.v[0] / k, p.v[1] / k, p.v[2] / k, 1}
		}
		return out
	}
	low := p.pull().filled()
	out := plane{p.w, p.h, make([]float32, len(p.v))}
	for y := 0; y < p.h; y++ {
		for x := 0; x < p.w; x++ {
			i := 4 * (y*p.w + x)
			r, g, b := low.at(float32(x)/2-0.25, float32(y)/2-0.25)
			k := p.v[i+3]
			out.v[i], out.v[i+1], out.v[i+2], out.v[i+3] = p.v[i]+(1-k)*r, p.v[i+1]+(1-k)*g, p.v[i+2]+(1-k)*b, 1
		}
	}
	return out
}

// pull halves the plane; weights add up to at most 1.
func (p plane) pull() plane {
	out := plane{(p.w + 1) / 2, (p.h + 1) / 2, nil}
	out.v = make([]float32, 4*out.w*out.h)
	for y := 0; y < p.h; y++ {
		for x := 0; x < p.w; x++ {
			from, to := p.v[4*(y*p.w+x):], out.v[4*(y/2*out.w+x/2):]
			for c := 0; c < 4; c++ {
				to[c] += from[c]
			}
		}
	}
	for i := 0; i < len(out.v); i += 4 {
		if k := out.v[i+3]; k > 1 {
			for c := 0; c < 4; c++ {
				out.v[i+c] /= k
			}
		}
	}
	return out
}

// at is the bilinear value of a filled plane.
func (p plane) at(x, y float32) (r, g, b float32) {
	x, y = min(max(x, 0), float32(p.w-1)), min(max(y, 0), float32(p.h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.w-1), min(y0+1, p.h-1)
	fx, fy := x-float32(x0), y-float32(y0)
	mix := func(c int) float32 {
		top := p.v[4*(y0*p.w+x0)+c]*(1-fx) + p.v[4*(y0*p.w+x1)+c]*fx
		low := p.v[4*(y1*p.w+x0)+c]*(1-fx) + p.v[4*(y1*p.w+x1)+c]*fx
		return top*(1-fy) + low*fy
	}
	return mix(0), mix(1), mix(2)
}
