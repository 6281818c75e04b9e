package pixel

import (
	"image"
	"math"
	"slices"

	"nirvana/engine/fault"
)

const (
	// groundTolerance is how far a colour channel of a plain ground may be from the border's median, of 255.
	groundTolerance = 24
	// plainShare is the share of the border that has the ground's colour where the ground is plain.
	plainShare = 0.6
	// rim is how far beside the ground pixels may be mixed with its colour, px.
	rim = 2
)

// RemoveGround makes the plain ground of a picture transparent: what has nearly the border's colour and is connected with
// the border. Beside it the ground's colour is taken out of pixels that are mixed with it (alpha matting with a known
// ground: Smith and Blinn, "Blue screen matting", 1996), so that no rim of it is left on another ground. It fails where
// the border has no colour of its own.
func RemoveGround(img *image.RGBA) (*image.RGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	ground, plain := borderColor(img)
	if !plain {
		return nil, fault.Settings.Errorf("the picture's border is not of one colour, so that what is ground cannot be told: use a segmentation model")
	}
	is := groundMap(img, ground)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i, o := img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y), out.PixOffset(x, y)
			switch {
			case is[y*w+x] && !beside(is, false, x, y, w, h):
			case !is[y*w+x] && !beside(is, true, x, y, w, h):
				copy(out.Pix[o:o+4], img.Pix[i:i+4])
			default:
				if c, ok := inner(img, is, x, y); ok {
					unmix(out.Pix[o:o+4], img.Pix[i:i+4], ground, c)
				} else if !is[y*w+x] { // thinner than the rim: as it is
					copy(out.Pix[o:o+4], img.Pix[i:i+4])
				}
			}
		}
	}
	return out, nil
}

// borderColor is the median of the border's opaque pixels, and whether most of the border has it. A border that is
// transparent has no colour to take away, and is plain.
func borderColor(img *image.RGBA) (c [3]uint8, plain bool) {
	var values [3][]uint8
	all := 0
	each := func(x, y int) {
		p := img.Pix[img.PixOffset(x, y):]
		if all++; p[3] < 128 {
			return
		}
		for k := range 3 {
			values[k] = append(values[k], p[k])
		}
	}
	r := img.Rect
	for x := r.Min.X; x < r.Max.X; x++ {
		each(x, r.Min.Y)
		each(x, r.Max.Y-1)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		each(r.Min.X, y)
		each(r.Max.X-1, y)
	}
	n := len(values[0])
	if n == 0 {
		return c, all > 0
	}
	for k := range 3 {
		sorted := slices.Sorted(slices.Values(values[k]))
		c[k] = sorted[n/2]
	}
	alike := all - n
	for i := range n {
		if sameColor([3]uint8{values[0][i], values[1][i], values[2][i]}, c) {
			alike++
		}
	}
	return c, float64(alike) >= plainShare*float64(all)
}

func sameColor(a, b [3]uint8) bool {
	for k := range 3 {
		if d := int(a[k]) - int(b[k]); d > groundTolerance || d < -groundTolerance {
			return false
		}
	}
	return true
}

// groundMap says of each pixel whether it is ground: near the colour, or transparent, and connected with the border.
func groundMap(img *image.RGBA, ground [3]uint8) []bool {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	is := make([]bool, w*h)
	var open []int
	visit := func(x, y int) {
		if x < 0 || y < 0 || x >= w || y >= h || is[y*w+x] {
			return
		}
		p := img.Pix[img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y):]
		if p[3] < 128 || sameColor([3]uint8(p[:3]), ground) {
			is[y*w+x] = true
			open = append(open, y*w+x)
		}
	}
	for x := range w {
		visit(x, 0)
		visit(x, h-1)
	}
	for y := range h {
		visit(0, y)
		visit(w-1, y)
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		x, y := i%w, i/w
		visit(x-1, y)
		visit(x+1, y)
		visit(x, y-1)
		visit(x, y+1)
	}
	return is
}

// around calls f with every pixel within reach of a place, itself included.
func around(x, y, reach, w, h int, f func(i int) (stop bool)) {
	for v := max(y-reach, 0); v <= min(y+reach, h-1); v++ {
		for u := max(x-reach, 0); u <= min(x+reach, w-1); u++ {
			if f(v*w + u) {
				return
			}
		}
	}
}

// beside says whether ground, or what is none, is within the rim's reach.
func beside(is []bool, ground bool, x, y, w, h int) (found bool) {
	around(x, y, rim, w, h, func(i int) bool { found = is[i] == ground; return found })
	return
}

// inner is the mean colour of what lies behind the rim near a place; not ok where nothing does.
func inner(img *image.RGBA, is []bool, x, y int) (c [3]float64, ok bool) {
	w, h, n := img.Rect.Dx(), img.Rect.Dy(), 0.0
	around(x, y, 2*rim+1, w, h, func(i int) bool {
		u, v := i%w, i/w
		if p := img.Pix[img.PixOffset(img.Rect.Min.X+u, img.Rect.Min.Y+v):]; !is[i] && p[3] == 255 && !beside(is, true, u, v, w, h) {
			for k := range 3 {
				c[k] += float64(p[k])
			}
			n++
		}
		return false
	})
	for k := range 3 {
		c[k] /= max(n, 1)
	}
	return c, n > 0
}

// unmix writes the pixel p, a mixture of the ground's and the inner colour, without the ground.
func unmix(to, p []uint8, ground [3]uint8, inner [3]float64) {
	var along, length float64
	for k := range 3 {
		d := inner[k] - float64(ground[k])
		along += (float64(p[k]) - float64(ground[k])) * d
		length += d * d
	}
	a := 1.0
	if length > 0 {
		a = min(max(along/length, 0), 1)
	}
	a = min(a, float64(p[3])/255)
	for k := range 3 {
		to[k] = uint8(math.RoundToEven(min(max(float64(p[k])-(1-a)*float64(ground[k]), 0), a*255)))
	}
	to[3] = uint8(math.RoundToEven(a * 255))
}

// CutTo gives a picture the opacity of a mask of its size. Where that is soft, the colour is continued from what is
// opaque, so that no rim of the ground is left.
func CutTo(img *image.RGBA, opacity *Mask) *image.RGBA {
	const whole = 242 // 95 %
	soft := image.NewGray(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	for i := range soft.Pix {
		if opacity.Pix[i/soft.Rect.Dx()*opacity.Stride+i%soft.Rect.Dx()] < whole {
			soft.Pix[i] = 255
		}
	}
	own := Fill(img, soft)
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	for i := range soft.Pix {
		x, y := i%soft.Rect.Dx(), i/soft.Rect.Dx()
		p := own.Pix[own.PixOffset(own.Rect.Min.X+x, own.Rect.Min.Y+y):]
		was := img.Pix[img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y)+3]
		a := uint32(opacity.Pix[y*opacity.Stride+x]) * uint32(was) / 255
		for k := range 3 {
			out.Pix[4*i+k] = uint8((uint32(p[k])*a + 127) / 255)
		}
		out.Pix[4*i+3] = uint8(a)
	}
	return out
}
