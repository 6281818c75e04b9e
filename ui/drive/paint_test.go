//go:build window

package drive

import (
	"image"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Painting in colour: one key goes from the mask to colour, a stroke is seen where it is made, undone and made again,
// the other colour fills a shape, and the mask is painted again after the same key.
func TestWindowPaint(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1100, 700), nil)
	s.resize(image.Pt(1100, 700))
	s.rest()
	at := func(x, y int) image.Point { return s.spot(float64(x)/100, float64(y)/100) }
	s.must(s.display.Click(s.at(60, 400))) // beside the picture: the canvas takes the keyboard from the prompt
	s.press("q", "b")
	s.shot("paint-1-empty")
	s.must(s.display.Drag(at(20, 30), at(50, 35), at(80, 30)))
	s.rest()
	s.shot("paint-2-stroke")
	dark := s.count(at(20, 30), at(80, 36), 20, 20, 20)
	if dark < 1000 {
		t.Errorf("the stroke is seen in %d pixels", dark)
	}
	s.press("ctrl+z")
	if n := s.count(at(20, 30), at(80, 36), 20, 20, 20); n > dark/10 {
		t.Errorf("undone, %d pixels of the stroke are seen", n)
	}
	s.press("ctrl+y", "x", "r")
	s.must(s.display.Drag(at(30, 50), at(60, 70)))
	s.rest()
	if n := s.count(at(30, 50), at(60, 70), 245, 245, 245); n < 1000 {
		t.Errorf("the rectangle of the other colour is seen in %d pixels", n)
	}
	s.press("d") // black again, over all of it, to white
	s.press("x")
	s.must(s.display.Drag(at(20, 10), at(80, 90)))
	s.rest()
	s.shot("paint-3-gradient")
	if n := s.count(at(30, 50), at(60, 70), 245, 245, 245); n > 100 {
		t.Errorf("under the gradient, %d pixels of the rectangle are seen", n)
	}
	s.press("ctrl+z", "q", "b")
	before := s.part()
	s.must(s.display.Drag(at(30, 80), at(70, 80)))
	s.away()
	s.rest()
	s.shot("paint-4-mask")
	if s.same(before) {
		t.Error("the mask is not painted")
	}
	if n := s.count(at(20, 78), at(80, 82), 20, 20, 20); n > 200 { // its outline is dark
		t.Errorf("the mask's stroke is seen in black in %d pixels", n)
	}
}

// The list of layers, opened: a layer is hidden and shown again, and mirrored with a preview that Enter keeps and undo takes back.
func TestWindowLayers(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1100, 700), nil)
	s.resize(image.Pt(1100, 700))
	s.rest()
	s.must(s.display.Click(s.at(60, 400)))
	s.press("q", "b")
	s.must(s.display.Drag(s.at(280, 200), s.at(360, 220))) // left of the picture's middle, at 414
	s.rest()
	s.turn(930, 450, 30)
	s.must(s.display.Click(s.at(840, 441))) // the fold of layers
	s.turn(930, 450, 6)
	s.shot("layers-1-open")
	left := func() int { return s.count(s.at(210, 100), s.at(414, 400), 20, 20, 20) }
	right := func() int { return s.count(s.at(414, 100), s.at(620, 400), 20, 20, 20) }
	painted := left()
	if painted < 1000 || right() > 0 {
		t.Fatalf("the stroke is seen in %d pixels, and right of it in %d", painted, right())
	}
	s.must(s.display.Click(s.at(807, 325))) // its eye
	s.away()
	s.rest()
	if n := left(); n > 0 {
		t.Errorf("the hidden layer is seen in %d pixels", n)
	}
	s.must(s.display.Click(s.at(807, 287))) // higher now: there is no picture to have a strength
	s.away()
	s.rest()
	if n := left(); n != painted {
		t.Errorf("shown again, it is seen in %d pixels, not %d", n, painted)
	}
	s.must(s.display.Click(s.at(807, 626))) // mirror
	s.away()
	s.rest()
	s.shot("layers-2-mirrored")
	if left() > 0 || right() < painted*9/10 {
		t.Errorf("mirrored, %d pixels are seen left and %d right", left(), right())
	}
	s.must(s.display.Click(s.at(60, 400)))
	s.press("Return", "ctrl+z")
	if n := left(); n != painted {
		t.Errorf("undone, it is seen in %d pixels, not %d", n, painted)
	}
	s.press("ctrl+y")
	if left() > 0 {
		t.Error("done again, it is not mirrored")
	}
}

// turn turns the wheel downwards over a place.
func (s *studio) turn(x, y, clicks int) {
	s.Helper()
	at := s.at(x, y)
	for range clicks {
		_, err := s.display.xdotool("mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y), "click", "5")
		s.must(err)
	}
	s.rest()
}

// shot keeps a picture of the window where the environment says.
func (s *studio) shot(name string) {
	if to := os.Getenv("NIRVANA_SHOTS"); to != "" {
		s.save(filepath.Join(to, name+".png"))
	}
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

// Live: beside the canvas a picture appears that follows a stroke, and what is taken is a layer over it.
func TestWindowLive(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.must(s.display.Click(s.at(60, 400)))
	s.press("q", "b")
	s.must(s.display.Drag(s.spot(0.4, 0.3), s.spot(0.6, 0.5)))
	s.rest()
	s.press("j")
	s.must(s.watch().UntilStill(4*calm, runLimit))
	s.shot("live-1")
	first := s.part()
	s.must(s.display.Drag(s.spot(0.2, 0.5), s.spot(0.3, 0.6)))
	s.must(s.watch().UntilStill(4*calm, runLimit))
	s.shot("live-2")
	if s.same(first) {
		t.Error("nothing follows the stroke")
	}
	s.press("j")
	s.shot("live-3")
}
