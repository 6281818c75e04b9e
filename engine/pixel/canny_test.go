package pixel

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// A square's outline is one pixel wide and closed; flat areas and faint steps give nothing.
func TestCanny(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{20}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(10, 8, 30, 22), image.NewUniform(color.Gray{220}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(33, 0, 40, 30), image.NewUniform(color.Gray{30}), image.Point{}, draw.Src)
	edges := Canny(img, 100, 200)
	row := func(y int) (at []int) {
		for x := range 40 {
			if c := edges.RGBAAt(x, y); c.R == 255 {
				at = append(at, x)
			} else if c != (color.RGBA{0, 0, 0, 255}) {
				t.Fatalf("%v at %d,%d", c, x, y)
			}
		}
		return at
	}
	if at := row(15); len(at) != 2 || at[0] < 9 || at[0] > 10 || at[1] < 29 || at[1] > 30 {
		t.Errorf("edges of the middle row at %v", at)
	}
	for _, y := range []int{0, 3, 26} {
		if at := row(y); len(at) != 0 {
			t.Errorf("edges at %v of row %d", at, y)
		}
	}
	lines := 0
	for y := range 30 {
		if len(row(y)) > 10 {
			lines++
		}
	}
	if lines != 2 {
		t.Errorf("%d rows of long edges", lines)
	}
}

// A faint edge counts only where it goes on from a strong one.
func TestCannyHysteresis(t *testing.T) {
	edge := func(below uint8) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, 20, 20))
		draw.Draw(img, image.Rect(10, 0, 20, 10), image.NewUniform(color.Gray{below}), image.Point{}, draw.Src)
		draw.Draw(img, image.Rect(10, 10, 20, 20), image.NewUniform(color.Gray{35}), image.Point{}, draw.Src)
		return Canny(img, 100, 200)
	}
	white := func(img *image.RGBA) bool { return img.RGBAAt(9, 15).R == 255 || img.RGBAAt(10, 15).R == 255 }
	if white(edge(35)) || !white(edge(90)) {
		t.Error("a faint edge alone, and after a strong one: ", white(edge(35)), white(edge(90)))
	}
}
