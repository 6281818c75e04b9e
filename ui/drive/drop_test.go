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

// TestWindowDrop drops files from another program onto the canvas: a picture opens; a file that is none is told of and
// leaves the picture as it was.
func TestWindowDrop(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	green := color.RGBA{20, 160, 60, 255}
	picture := image.NewRGBA(image.Rect(0, 0, 160, 128))
	for i := range 160 * 128 {
		picture.SetRGBA(i%160, i/160, green)
	}
	path := filepath.Join(s.home, "a green field, 100 %.png")
	file, err := os.Create(path)
	s.must(err)
	s.must(png.Encode(file, picture))
	s.must(file.Close())
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), path))
	shown := func() (bool, error) {
		shot, err := s.display.Shot()
		if err != nil {
			return false, err
		}
		at := s.spot(0.4, 0.7)
		return shot.RGBAAt(at.X, at.Y) == green, nil
	}
	if err := eventually(runLimit, shown); err != nil {
		t.Fatalf("the dropped picture is not on the canvas: %v", err)
	}
	s.rest()
	s.state("drop-1-picture")

	broken := filepath.Join(s.home, "notes.txt")
	s.must(os.WriteFile(broken, []byte("milk, bread"), 0o644))
	whole := s.watchAll()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), broken))
	if err := whole.UntilChanges(1, runLimit); err != nil {
		t.Fatalf("nothing tells of a dropped file that is no picture: %v", err)
	}
	s.rest()
	s.state("drop-2-no-picture")
	if got, _ := shown(); !got || !s.program.Alive() {
		t.Error("a dropped file that is no picture did away with the picture")
	}
}
