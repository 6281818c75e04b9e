package task

import (
	"image"

	"nirvana/engine"
)

// Tiling is what of a seamless picture in these directions a run can make whose frame lies over a picture: one that is
// narrower than the picture does not reach the edges that would meet. An empty picture is none.
func Tiling(tiling string, frame, picture image.Rectangle) string {
	t, err := engine.ParseTiling(tiling)
	if err != nil || picture.Empty() {
		return tiling
	}
	t.X = t.X && frame.Min.X <= picture.Min.X && frame.Max.X >= picture.Max.X
	t.Y = t.Y && frame.Min.Y <= picture.Min.Y && frame.Max.Y >= picture.Max.Y
	return t.String()
}
