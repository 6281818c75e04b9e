package pixel

import (
	"image"
	"math"
)

// Canny draws a picture's edges white on black, one pixel wide (Canny, "A Computational Approach to Edge Detection",
// 1986), with the 3x3 Sobel operator and the gradient's length as |gx| + |gy|, as ControlNets were trained on.
// Gradients of at least high begin an edge and those of at least low continue it; 100 and 200 are usual, of 0 to
// 2040.
func Canny(img *image.RGBA, low, high int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	gx, gy := sobel(grey(img), w, h)
	length := make([]int, w*h)
	for i := range length {
		length[i] = max(gx[i], -gx[i]) + max(gy[i], -gy[i])
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	var begin []int
	ridge := make([]bool, w*h)
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			ridge[i] = length[i] > low && isRidge(length, gx[i], gy[i], i, w)
			if ridge[i] && length[i] > high {
				begin = append(begin, i)
			}
		}
	}
	for len(begin) > 0 {
		i := begin[len(begin)-1]
		begin = begin[:len(begin)-1]
		if !ridge[i] {
			continue
		}
		ridge[i] = false
		copy(out.Pix[4*i:], []uint8{255, 255, 255})
		for _, d := range [8]int{-w - 1, -w, -w + 1, -1, 1, w - 1, w, w + 1} {
			if ridge[i+d] {
				begin = append(begin, i+d)
			}
		}
	}
	return out
}

// isRidge reports whether no neighbour along the gradient is steeper.
func isRidge(length []int, gx, gy, i, w int) bool {
	ahead, tangent := w+1, math.Abs(float64(gy))/math.Max(math.Abs(float64(gx)), 1e-9)
	switch {
	case tangent < math.Tan(math.Pi/8):
		ahead = 1
	case tangent > math.Tan(3*math.Pi/8):
		ahead = w
	case (gx < 0) != (gy < 0):
		ahead = w - 1
	}
	return length[i] > length[i-ahead] && length[i] >= length[i+ahead]
}

// grey is the luma of ITU-R BT.601, 0 to 255; transparent pixels count by their premultiplied colour.
func grey(img *image.RGBA) []int {
	out := make([]int, img.Rect.Dx()*img.Rect.Dy())
	for i := range out {
		p := img.Pix[4*i:]
		out[i] = (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) + 500) / 1000
	}
	return out
}

// sobel returns the gradients; the outermost pixels have none.
func sobel(v []int, w, h int) (gx, gy []int) {
	gx, gy = make([]int, len(v)), make([]int, len(v))
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			gx[i] = v[i-w+1] + 2*v[i+1] + v[i+w+1] - v[i-w-1] - 2*v[i-1] - v[i+w-1]
			gy[i] = v[i+w-1] + 2*v[i+w] + v[i+w+1] - v[i-w-1] - 2*v[i-w] - v[i-w+1]
		}
	}
	return gx, gy
}
