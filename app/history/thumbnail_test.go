package history

import (
	"image"
	"image/color"
	"testing"

	"nirvana/app/recipe"
)

// A picture that was cut out lies on white in the list.
func TestThumbnailOfCutOut(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 300, 300))
	for y := 100; y < 200; y++ {
		for x := 100; x < 200; x++ {
			img.SetRGBA(x, y, color.RGBA{10, 20, 30, 255})
		}
	}
	h, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	id, err := h.Add(img, recipe.Recipe{Prompt: "a cut-out square"})
	if err != nil {
		t.Fatal(err)
	}
	small, err := h.Thumbnail(id, ThumbSide)
	if err != nil {
		t.Fatal(err)
	}
	if c := small.RGBAAt(3, 3); c.R < 250 || c.G < 250 || c.B < 250 {
		t.Errorf("the ground is %v", c)
	}
	if c := small.RGBAAt(96, 96); c.R > 30 || c.G > 40 || c.B > 50 {
		t.Errorf("the drawing is %v", c)
	}
}
