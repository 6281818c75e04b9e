package program

import (
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// Published segmentation models find what the default model drew, on a busy ground. NIRVANA_SEGMENTATION names the files,
// between colons: they are not in this repository.
func TestPublishedSegmentation(t *testing.T) {
	files := filepath.SplitList(os.Getenv("NIRVANA_SEGMENTATION"))
	if len(files) == 0 {
		t.Skip("NIRVANA_SEGMENTATION names no files")
	}
	t.Setenv("NIRVANA_HOME", t.TempDir())
	var rt lazyRuntime
	defer rt.close()
	thing := sticker(t, &rt)
	b := thing.Rect
	ground := image.NewRGBA(b)
	for y := range b.Dy() {
		for x := range b.Dx() {
			wave := func(a, b float64) uint8 { return uint8(120 + 50*math.Sin(float64(x)/a+float64(y)/b)) }
			ground.SetRGBA(x, y, color.RGBA{wave(21, 47) / 2, wave(38, -29), wave(33, 19), 255})
		}
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".onnx"), func(t *testing.T) {
			m, err := rt.segment(t.Context(), file, "", 0, pixel.Flatten(thing, ground))
			if err != nil {
				t.Fatal(err)
			}
			both, either := 0, 0
			for i, a := range m.Pix {
				found, is := a > 127, thing.Pix[4*i+3] > 127
				if found && is {
					both++
				}
				if found || is {
					either++
				}
			}
			if share := float64(both) / float64(max(either, 1)); share < 0.85 {
				t.Errorf("of thing and found, %.2f is in both", share)
			} else {
				t.Logf("of thing and found, %.3f is in both", share)
			}
		})
	}
}

// sticker is a thing that was drawn on a transparent ground.
func sticker(t *testing.T, rt *lazyRuntime) (img *image.RGBA) {
	t.Helper()
	f, err := models.Read("models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	m, err := rt.open(t.Context(), f, cli.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for s, err := range m.Generate(t.Context(), engine.Request{Prompt: "a red apple", Seed: 1, CutOut: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures != nil {
			img = s.Pictures[0]
		}
	}
	return img
}
