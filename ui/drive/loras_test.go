//go:build window

package drive

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestWindowLoRAs opens the list of LoRAs over the prompt, chooses one with its trigger words, and adds it.
func TestWindowLoRAs(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	weights, err := os.ReadFile(filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		path := filepath.Join(home, "loras", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"styles/ink wash.safetensors", "styles/oil.safetensors", "fog.safetensors"} {
		write(name, weights)
	}
	write("styles/ink wash.civitai.info", []byte(`{"trainedWords": ["ink wash", "monochrome"]}`))
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		img.Set(i%64, i/64, color.RGBA{uint8(4 * (i % 64)), 80, uint8(4 * (i / 64)), 255})
	}
	path := filepath.Join(home, "loras", "styles", "ink wash.png")
	file, err := os.Create(path)
	if err == nil {
		err = png.Encode(file, img)
		file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := openAt(t, home, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(eventually(startLimit, s.ready))
	click := func(x, y int) {
		t.Helper()
		whole := s.watchAll()
		s.must(s.display.Click(s.at(x, y)))
		if err := whole.UntilChanges(1, runLimit); err != nil {
			t.Fatalf("a click at %d, %d: %v", x, y, err)
		}
		s.stands(s.window.Bounds) // not rest: the button that generates, by which it knows, is behind the dialog
	}
	s.state("loras-0-button")
	click(loraPlaces["button"].X, loraPlaces["button"].Y)
	s.state("loras-1-list")
	click(loraPlaces["second"].X, loraPlaces["second"].Y)
	s.state("loras-2-chosen")
	click(loraPlaces["add"].X, loraPlaces["add"].Y)
	s.state("loras-3-added")
	s.press("Escape")
	s.rest()
	s.state("loras-4-closed")
}

// loraPlaces are where things are at 1280 x 800.
var loraPlaces = map[string]image.Point{"button": {1243, 49}, "second": {400, 252}, "add": {985, 615}}
