package task

import "image"

const (
	FrameSide  = 8192    // longest side of a frame, px
	frameReach = 1 << 20 // how far from the picture's corner a frame may lie, px
)

// Placed reports whether a frame can be one.
func Placed(r image.Rectangle) bool {
	for _, v := range [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y} {
		if v < -frameReach || v > frameReach {
			return false
		}
	}
	return r.Dx() > 0 && r.Dy() > 0 && r.Dx() <= FrameSide && r.Dy() <= FrameSide
}

// Snap is the nearest multiple of m to a side in px, at least m and at most FrameSide.
func Snap(v, m int) int { return min(max((v+m/2)/m, 1)*m, FrameSide/m*m) }
