package task

import (
	"image"
	"testing"
)

func TestTiling(t *testing.T) {
	picture := image.Rect(0, 0, 100, 60)
	for _, c := range []struct {
		tiling  string
		frame   image.Rectangle
		picture image.Rectangle
		want    string
	}{
		{"both", image.Rect(40, 0, 80, 40), image.Rectangle{}, "both"},
		{"both", picture, picture, "both"},
		{"both", image.Rect(-20, 0, 120, 60), picture, "both"}, // an outpaint round it
		{"both", image.Rect(0, 10, 100, 50), picture, "x"},
		{"x", image.Rect(10, 0, 90, 60), picture, ""},
		{"y", image.Rect(10, 0, 90, 60), picture, "y"},
		{"", picture, picture, ""},
	} {
		if got := Tiling(c.tiling, c.frame, c.picture); got != c.want {
			t.Errorf("%q of %v over %v is %q, want %q", c.tiling, c.frame, c.picture, got, c.want)
		}
	}
}
