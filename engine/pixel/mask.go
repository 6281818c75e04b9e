package pixel

import (
	"image"
)

// MaskTensor is the mask at width x height latent pixels, 1 where it is repainted. A hard mask is cut at 128 and
// takes the top-left pixel of every latent pixel, as torch's nearest interpolation does; a soft one takes the mean.
func MaskTensor(m *Mask, width, height int, soft bool) []float32 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := make([]float32, width*height)
	for y := 0; y < height; y++ {
		for x := 0; x < width; x++ {
			x0, y0 := x*w/width, y*h/height
			if !soft {
				if m.Pix[y0*m.Stride+x0] >= 128 {
					out[y*width+x] = 1
				}
				continue
			}
			x1, y1 := max((x+1)*w/width, x0+1), max((y+1)*h/height, y0+1)
			sum := 0
			for j := y0; j < y1; j++ {
				for i := x0; i < x1; i++ {
					sum += int(m.Pix[j*m.Stride+i])
				}
			}
			out[y*width+x] = float32(sum) / float32(255*(x1-x0)*(y1-y0))
		}
	}
	return out
}

// SmoothMask is the mask, cut at 128, at width x height latent pixels, 0 to 1: every latent pixel's middle by linear
// interpolation, as torch's without smoothing.
func SmoothMask(m *Mask, width, height int) []float32 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	hard := func(x, y int) float32 {
		if m.Pix[min(y, h-1)*m.Stride+min(x, w-1)] >= 128 {
			return 1
		}
		return 0
	}
	place := func(i, from, to int) (int, float32) {
		at := max((float32(i)+0.5)*float32(from)/float32(to)-0.5, 0)
		return int(at), at - float32(int(at))
	}
	out := make([]float32, width*height)
	for y := range height {
		y0, down := place(y, h, height)
		for x := range width {
			x0, right := place(x, w, width)
			upper := hard(x0, y0)*(1-right) + hard(x0+1, y0)*right
			lower := hard(x0, y0+1)*(1-right) + hard(x0+1, y0+1)*right
			out[y*width+x] = upper*(1-down) + lower*down
		}
	}
	return out
}

// MaskOf is the mask in a picture: its opacity where not all is opaque, as AUTOMATIC1111 reads one, and else its
// brightness.
func MaskOf(img *image.RGBA) *Mask {
	if img.Opaque() {
		return Gray(img)
	}
	return Invert(Transparent(img))
}

// Bounds is the smallest rectangle around everything above 0, empty for an empty mask.
func Bounds(m *Mask) image.Rectangle {
	var r image.Rectangle
	for y := 0; y < m.Rect.Dy(); y++ {
		row := m.Pix[y*m.Stride : y*m.Stride+m.Rect.Dx()]
		first, last := -1, -1
		for x, v := range row {
			if v != 0 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			r = r.Union(image.Rect(first, y, last+1, y+1))
		}
	}
	return r
}

// MaskCrop is the part of the picture that "only masked" works on: around the mask with padding px, widened to the
// aspect ratio of width x height, shifted back inside the picture at its borders.
func MaskCrop(m *Mask, width, height, padding int) image.Rectangle {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	b := Bounds(m)
	if b.Empty() {
		return image.Rect(0, 0, w, h)
	}
	x1, y1 := max(b.Min.X-padding, 0), max(b.Min.Y-padding, 0)
	x2, y2 := min(b.Max.X+padding, w), min(b.Max.Y+padding, h)
	shape := float64(width) / float64(height)
	if float64(x2-x1)/float64(y2-y1) > shape {
		y1, y2 = widen(y1, y2, int(float64(x2-x1)/shape-float64(y2-y1)), h)
	} else {
		x1, x2 = widen(x1, x2, int(float64(y2-y1)*shape-float64(x2-x1)), w)
	}
	return image.Rect(x1, y1, x2, y2)
}

// widen grows from..to by more, half on each side, inside 0..limit.
func widen(from, to, more, limit int) (int, int) {
	from -= more / 2
	to += more - more/2
	if to >= limit {
		from, to = from-(to-limit), limit
	}
	if from < 0 {
		from, to = 0, to-from
	}
	return from, min(to, limit)
}

// PasteCrop pastes a picture made for a crop back into the whole: resized to the crop, and blended by the mask in 8
// bits. Where the mask is 0 the whole is unchanged.
func PasteCrop(whole *image.RGBA, m *Mask, made *image.RGBA, at image.Rectangle) *image.RGBA {
	made = Resize(made, at.Dx(), at.Dy())
	out := image.NewRGBA(whole.Rect)
	copy(out.Pix, whole.Pix)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			a := uint32(m.Pix[y*m.Stride+x])
			if a == 0 {
				continue
			}
			from, to := made.Pix[made.PixOffset(x-at.Min.X, y-at.Min.Y):], out.Pix[out.PixOffset(x, y):]
			for c := 0; c < 4; c++ {
				to[c] = uint8((uint32(from[c])*a + uint32(to[c])*(255-a) + 127) / 255)
			}
		}
	}
	return out
}
