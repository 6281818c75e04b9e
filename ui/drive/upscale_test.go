//go:build window

package drive

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/recipe"
)

// upscaleAt are places in a window of 1280 x 800 px: the notice's buttons, and the dialog's.
var upscaleAt = map[string]image.Point{"use": {848, 66}, "enlarge": {873, 468}}

// TestWindowUpscale drops a picture and an upscaler, which says what it is; its button enlarges the picture with it, twice as
// wide and high, with what was done in its recipe.
func TestWindowUpscale(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	picture := image.NewRGBA(image.Rect(0, 0, 160, 128))
	for i := range 160 * 128 {
		copy(picture.Pix[4*i:], []uint8{uint8(i % 160), uint8(i / 160), 90, 255})
	}
	path := filepath.Join(s.home, "field.png")
	file, err := os.Create(path)
	s.must(err)
	s.must(png.Encode(file, picture))
	s.must(file.Close())
	canvas := s.watch()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), path))
	s.must(canvas.UntilChanges(1, runLimit))
	s.rest()
	upscaler, err := filepath.Abs(filepath.Join(recorded, "upscaler", "esrgan-x2.safetensors"))
	s.must(err)
	whole := s.watchAll()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), upscaler))
	s.must(whole.UntilChanges(1, runLimit))
	s.rest()
	s.state("upscale-1-dropped")
	s.appears(func() { s.must(s.display.Click(s.at(upscaleAt["use"].X, upscaleAt["use"].Y))) })
	s.state("upscale-2-dialog")
	whole = s.watchAll()
	s.must(s.display.Click(s.at(upscaleAt["enlarge"].X, upscaleAt["enlarge"].Y)))
	s.must(whole.UntilChanges(1, runLimit))
	s.rest()
	s.state("upscale-3-made")
	found, err := filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d pictures in the history, %v", len(found), err)
	}
	data, err := os.ReadFile(found[0])
	s.must(err)
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width != 320 || size.Height != 256 {
		t.Errorf("the picture is %+v, %v", size, err)
	}
	r, err := recipe.Read(data)
	if err != nil || r.Recipe.Upscale == nil || r.Recipe.Upscale.Upscaler != "esrgan-x2.safetensors" || r.Recipe.Upscale.Factor != 2 {
		t.Errorf("its recipe says %+v, %v", r, err)
	}
}
