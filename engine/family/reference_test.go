package family

import (
	"image"
	"testing"
)

// Sizes that diffusers' pipelines see a picture at: Flux2ImageProcessor's, Kontext's trained ones, and Qwen-Image-Edit's.
func TestReferenceSizes(t *testing.T) {
	for _, c := range []struct {
		name             string
		fit              func(image.Point, int) (image.Point, image.Point)
		of, scaled, seen image.Point
	}{
		{"klein", middle, image.Pt(84, 67), image.Pt(84, 67), image.Pt(80, 64)},
		{"klein, large", middle, image.Pt(1300, 900), image.Pt(1230, 852), image.Pt(1216, 848)},
		{"klein, tiny", middle, image.Pt(5, 40), image.Pt(16, 32), image.Pt(16, 32)},
		{"Kontext", trained, image.Pt(80, 48), image.Pt(1328, 800), image.Pt(1328, 800)},
		{"Kontext, square", trained, image.Pt(64, 64), image.Pt(1024, 1024), image.Pt(1024, 1024)},
		{"Kontext, a tower", trained, image.Pt(10, 900), image.Pt(672, 1568), image.Pt(672, 1568)},
		{"Qwen-Image-Edit", grown, image.Pt(80, 48), image.Pt(1312, 800), image.Pt(1312, 800)},
	} {
		if scaled, seen := c.fit(c.of, 16); scaled != c.scaled || seen != c.seen {
			t.Errorf("%s: %v is scaled to %v and seen at %v, want %v and %v", c.name, c.of, scaled, seen, c.scaled, c.seen)
		}
	}
	if got := ofArea(384*384, image.Pt(84, 67)); got != image.Pt(416, 352) {
		t.Errorf("84 x 67 is shown at %v", got)
	}
}
