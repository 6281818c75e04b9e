package ui

import (
	"image"
	"math"
	"slices"

	"nirvana/ui/canvas"
)

// heatSide is the longer side of a heat map that is drawn over a picture, px.
const heatSide = 640

// heatColours go from nothing to the most: dark violet, red, orange, pale yellow.
var heatColours = [][3]float64{{28, 12, 60}, {120, 28, 109}, {214, 58, 64}, {251, 150, 30}, {252, 245, 180}}

// heatColour is the colour of a share, 0 to 1.
func heatColour(v float64) [3]float64 {
	f := min(max(v, 0), 1) * float64(len(heatColours)-1)
	i := min(int(f), len(heatColours)-2)
	var out [3]float64
	for k := range out {
		out[k] = heatColours[i][k] + (heatColours[i+1][k]-heatColours[i][k])*(f-float64(i))
	}
	return out
}

// heatOver draws a map of w x h values over a picture: from the least, where the picture is seen without its colours, to
// the most. A map that is the same everywhere has no most.
func heatOver(base *image.RGBA, values []float32, w, h int, size image.Point) *image.RGBA {
	if len(values) != w*h || w < 1 || h < 1 || base == nil {
		return base
	}
	out := seenAt(base, size)
	least, most := float64(slices.Min(values)), float64(slices.Max(values))
	for y := range out.Rect.Dy() {
		fy := (float64(y) + 0.5) / float64(out.Rect.Dy())
		for x := range out.Rect.Dx() {
			fx := (float64(x) + 0.5) / float64(out.Rect.Dx())
			v := 0.0
			if most > least {
				v = (valueAt(values, w, h, fx, fy) - least) / (most - least)
			}
			at := out.Pix[out.PixOffset(x, y):]
			grey := 0.75 * (0.3*float64(at[0]) + 0.59*float64(at[1]) + 0.11*float64(at[2]))
			share := 0.25 + 0.6*v
			for c, of := range heatColour(v) {
				at[c] = uint8(grey*(1-share) + of*share)
			}
		}
	}
	return out
}

// seenAt is a picture at the size at which it is looked into: at most heatSide.
func seenAt(img *image.RGBA, size image.Point) *image.RGBA {
	k := min(1, float64(heatSide)/float64(max(size.X, size.Y, 1)))
	return canvas.Smoothed(img, image.Pt(max(int(float64(size.X)*k), 1), max(int(float64(size.Y)*k), 1)))
}

// valueAt is a map's value at shares of its sides, bilinearly between its places.
func valueAt(values []float32, w, h int, fx, fy float64) float64 {
	x, y := math.Max(fx*float64(w)-0.5, 0), math.Max(fy*float64(h)-0.5, 0)
	x0, y0 := min(int(x), w-1), min(int(y), h-1)
	x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
	at := func(x, y int) float64 { return float64(values[y*w+x]) }
	sx, sy := x-float64(x0), y-float64(y0)
	return (at(x0, y0)*(1-sx)+at(x1, y0)*sx)*(1-sy) + (at(x0, y1)*(1-sx)+at(x1, y1)*sx)*sy
}
