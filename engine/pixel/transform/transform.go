// Package transform scales, rotates and mirrors straight pictures.
package transform

import (
	"image"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// Kernel is how a picture is resampled.
type Kernel int

const (
	Bicubic Kernel = iota // Catmull-Rom
	Lanczos               // of three lobes
	Nearest               // for pixel art
)

var lanczos3 = &xdraw.Kernel{Support: 3, At: func(t float64) float64 {
	if t == 0 {
		return 1
	}
	x := math.Pi * t
	return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
}}

func (k Kernel) transformer() xdraw.Transformer {
	switch k {
	case Lanczos:
		return lanczos3
	case Nearest:
		return xdraw.NearestNeighbor
	}
	return xdraw.CatmullRom
}

// Transform is applied to a picture in this order: scaled about Pivot, mirrored where a scale is negative, rotated
// about Pivot, moved.
type Transform struct {
	ScaleX, ScaleY float64 // 1: unchanged
	Turn           float64 // degrees, clockwise
	Pivot          [2]float64
	Move           [2]float64 // px
	Kernel         Kernel
}

// Identity changes nothing.
var Identity = Transform{ScaleX: 1, ScaleY: 1}

// matrix maps points of the picture to the result.
func (t Transform) matrix() f64.Aff3 {
	sin, cos := math.Sincos(t.Turn * math.Pi / 180)
	if q := t.Turn / 90; q == math.Trunc(q) { // a quarter turn is exact
		sin, cos = math.Round(sin), math.Round(cos)
	}
	a, b, c, d := cos*t.ScaleX, -sin*t.ScaleY, sin*t.ScaleX, cos*t.ScaleY
	px, py := t.Pivot[0], t.Pivot[1]
	return f64.Aff3{a, b, px - a*px - b*py + t.Move[0], c, d, py - c*px - d*py + t.Move[1]}
}

// At is where a point of the picture goes.
func (t Transform) At(x, y float64) (float64, float64) {
	m := t.matrix()
	return m[0]*x + m[1]*y + m[2], m[3]*x + m[4]*y + m[5]
}

// Valid reports whether the result is not empty and not too far away.
func (t Transform) Valid() bool {
	for _, v := range []float64{t.ScaleX, t.ScaleY, t.Turn, t.Pivot[0], t.Pivot[1], t.Move[0], t.Move[1]} {
		if math.IsNaN(v) || math.Abs(v) > 1e7 {
			return false
		}
	}
	return t.ScaleX != 0 && t.ScaleY != 0
}

// Bounds is the smallest rectangle around the result of r.
func (t Transform) Bounds(r image.Rectangle) image.Rectangle {
	if r.Empty() {
		return image.Rectangle{}
	}
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, p := range [4]image.Point{r.Min, {r.Max.X, r.Min.Y}, {r.Min.X, r.Max.Y}, r.Max} {
		x, y := t.At(float64(p.X), float64(p.Y))
		low, high = [2]float64{min(low[0], x), min(low[1], y)}, [2]float64{max(high[0], x), max(high[1], y)}
	}
	const rounding = 1e-6
	return image.Rect(int(math.Floor(low[0]+rounding)), int(math.Floor(low[1]+rounding)), int(math.Ceil(high[0]-rounding)), int(math.Ceil(high[1]-rounding)))
}

// Apply transforms a picture, its Rect being its position, as the result's is. Shifts by whole pixels, mirroring and
// quarter turns onto whole pixels are lossless. Edges are anti-aliased.
func (t Transform) Apply(img *image.NRGBA) *image.NRGBA {
	to := t.Bounds(img.Rect)
	if m, ok := t.exact(); ok {
		return moved(img, to, m)
	}
	// The surroundings are transparent: without a margin of them edges would not be anti-aliased.
	const margin = 4
	from := image.NewRGBA(img.Rect.Inset(-margin))
	draw.Draw(from, img.Rect, img, img.Rect.Min, draw.Src)
	if t.Kernel != Nearest {
		to = to.Inset(-1)
	}
	out := image.NewRGBA(to)
	t.Kernel.transformer().Transform(out, t.matrix(), from, from.Rect, draw.Src, nil)
	straight := image.NewNRGBA(to)
	for i := 0; i < len(out.Pix); i += 4 {
		a := int(out.Pix[i+3])
		for c := i; c < i+3 && a > 0; c++ {
			straight.Pix[c] = uint8(min((int(out.Pix[c])*255+a/2)/a, 255))
		}
		straight.Pix[i+3] = uint8(a)
	}
	return straight
}

// exact is the matrix in whole numbers, where it maps every pixel to one pixel.
func (t Transform) exact() (out [6]int, ok bool) {
	for i, v := range t.matrix() {
		n := math.Round(v)
		if math.Abs(v-n) > 1e-9 {
			return out, false
		}
		out[i] = int(n)
	}
	det := out[0]*out[4] - out[1]*out[3]
	return out, (det == 1 || det == -1) && out[0]*out[1] == 0
}

func moved(img *image.NRGBA, to image.Rectangle, m [6]int) *image.NRGBA {
	out := image.NewNRGBA(to)
	// The centre of pixel x is x+1/2: doubled, all stays whole.
	at := func(a, b, c, x, y int) int { return (a*(2*x+1) + b*(2*y+1) + 2*c - 1) >> 1 }
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			i := out.PixOffset(at(m[0], m[1], m[2], x, y), at(m[3], m[4], m[5], x, y))
			copy(out.Pix[i:i+4], img.Pix[img.PixOffset(x, y):])
		}
	}
	return out
}
