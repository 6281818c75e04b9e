package pixel

import (
	"image"
	"math"

	"github.com/disintegration/imaging"
)

// Resize is Lanczos resampling with three lobes, in Pillow's 8-bit fixed-point arithmetic, whose numbers diffusers'
// pipelines depend on: first across, then down, each pass rounded to 8 bits. The picture itself where the size is the
// same.
func Resize(img *image.RGBA, width, height int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w == width && h == height {
		return img
	}
	return &image.RGBA{Pix: resample(img.Pix, 4, w, h, width, height, lanczos), Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}
}

// ResizeBicubic is Resize with Pillow's bicubic filter, which image processors of transformers use.
func ResizeBicubic(img *image.RGBA, width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	out.Pix = resample(img.Pix, 4, img.Rect.Dx(), img.Rect.Dy(), width, height, bicubic)
	return out
}

// ResizeMask is Resize for masks.
func ResizeMask(m *Mask, width, height int) *Mask {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if w == width && h == height {
		return m
	}
	return &image.Gray{Pix: resample(m.Pix, 1, w, h, width, height, lanczos), Stride: width, Rect: image.Rect(0, 0, width, height)}
}

// Pad pads the picture at the right and the bottom to a size, by reflection.
func Pad(img *image.RGBA, width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	mirrored(out.Pix, img.Pix, 4, img.Rect.Size(), width)
	return out
}

// PadMask is Pad for masks.
func PadMask(m *Mask, width, height int) *Mask {
	out := image.NewGray(image.Rect(0, 0, width, height))
	mirrored(out.Pix, m.Pix, 1, m.Rect.Size(), width)
	return out
}

func mirrored(out, pix []uint8, channels int, size image.Point, width int) {
	back := func(i, n int) int {
		if i %= 2 * n; i >= n {
			return 2*n - 1 - i
		}
		return i
	}
	row := width * channels
	for y := 0; y*row < len(out); y++ {
		from := pix[back(y, size.Y)*size.X*channels:]
		for x := range width {
			copy(out[y*row+x*channels:][:channels], from[back(x, size.X)*channels:])
		}
	}
}

func resample(pix []uint8, channels, w, h, width, height int, by filter) []uint8 {
	if w != width {
		next := make([]uint8, width*h*channels)
		taps := by.taps(w, width)
		for y := 0; y < h; y++ {
			pass(next[y*width*channels:], pix[y*w*channels:], channels, taps)
		}
		pix = next
	}
	if h != height {
		next := make([]uint8, width*height*channels)
		line := make([]int32, width*channels)
		for y, t := range by.taps(h, height) {
			passDown(next[y*len(line):(y+1)*len(line)], line, pix[t.first*len(line):], t.weights)
		}
		pix = next
	}
	return pix
}

// passDown writes one row from those below each other in pix, as pass does but row by row, which is faster in memory.
// sum has room for a row.
func passDown(out []uint8, sum []int32, pix []uint8, weights []int32) {
	for i := range sum {
		sum[i] = 1 << (precisionBits - 1)
	}
	for k, w := range weights {
		row := pix[k*len(sum) : (k+1)*len(sum)]
		for i, v := range row {
			sum[i] += int32(v) * w
		}
	}
	for i, v := range sum {
		out[i] = uint8(min(max(v>>precisionBits, 0), 255))
	}
}

// tap is the inputs of one output pixel, with weights.
type tap struct {
	first   int
	weights []int32 // with precisionBits fractional bits
}

const precisionBits = 32 - 8 - 2

// filter is a kernel that is 0 from support on, px.
type filter struct {
	support float64
	at      func(x float64) float64
}

var (
	lanczos = filter{3, func(x float64) float64 { return sinc(x) * sinc(x/3) }}
	bicubic = filter{2, func(x float64) float64 { // Keys, 1981, with a = -0.5
		if x = math.Abs(x); x < 1 {
			return (1.5*x-2.5)*x*x + 1
		}
		return ((-0.5*x+2.5)*x-4)*x + 2
	}}
)

func (f filter) taps(in, out int) []tap {
	scale := float64(in) / float64(out)
	wide := math.Max(scale, 1)
	support := f.support * wide
	taps := make([]tap, out)
	for i := range taps {
		center := (float64(i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), in)
		k := make([]float64, last-first)
		sum := 0.0
		for j := range k {
			if x := (float64(j+first) - center + 0.5) / wide; x >= -f.support && x < f.support {
				k[j] = f.at(x)
			}
			sum += k[j]
		}
		t := tap{first, make([]int32, len(k))}
		for j, v := range k {
			t.weights[j] = int32(math.Floor(math.Abs(v/sum)*(1<<precisionBits) + 0.5))
			if v < 0 != (sum < 0) {
				t.weights[j] = -t.weights[j]
			}
		}
		taps[i] = t
	}
	return taps
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// pass writes one line of out pixels, from a line of in pixels.
func pass(out, in []uint8, channels int, taps []tap) {
	for i, t := range taps {
		for c := 0; c < channels; c++ {
			sum := int32(1) << (precisionBits - 1)
			at := t.first*channels + c
			for _, w := range t.weights {
				sum += int32(in[at]) * w
				at += channels
			}
			out[i*channels+c] = uint8(min(max(sum>>precisionBits, 0), 255))
		}
	}
}

// Thumbnail fits the picture into a square of side px; never enlarged.
func Thumbnail(img *image.RGBA, side int) *image.RGBA {
	return Packed(imaging.Fit(img, side, side, imaging.Box))
}
