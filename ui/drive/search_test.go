//go:build window

package drive

import (
	"bytes"
	"image"
	"testing"
	"time"
)

// bestOf chooses how many seeds each picture is the best of, 1, 4, 8 or 16, where the panel is not scrolled. It clicks
// again until that is chosen: the rows move when the expected time above them takes another line. The rows have their
// places once the model is open.
func (s *studio) bestOf(seeds int) {
	s.Helper()
	s.modelOpens()
	x := s.window.Bounds.Dx() - map[int]int{1: 201, 4: 163, 8: 118, 16: 72}[seeds]
	chosen := func() bool {
		y := 541 + s.wrapped()
		return s.light(image.Rect(x-12, y-10, x-8, y-6)) > 45 // beside the number: 60, or 32 where it is not chosen
	}
	s.until("the number of seeds is not chosen", func() bool {
		if chosen() {
			return true
		}
		s.must(s.display.Click(s.at(x, 541+s.wrapped())))
		s.away()
		return eventually(2*time.Second, func() (bool, error) { return chosen(), nil }) == nil
	})
	s.rest()
}

// wrapped is how many pixels lower the panel's rows lie when the text above them, which has the expected time, takes two
// lines, as on a busy machine.
func (s *studio) wrapped() int {
	s.Helper()
	w := s.window.Bounds.Dx()
	second := s.show(image.Rect(w-302, 245, w-80, 258))
	for i := 0; i < len(second); i += 4 {
		if second[i] > 140 {
			return 18
		}
	}
	return 0
}

// oneSeed makes pictures of one seed each, not the best of several: for tests of something else.
func (s *studio) oneSeed() {
	s.Helper()
	s.bestOf(1)
}

// TestWindowSearch presses Generate in a fresh studio: the best of eight seeds, with the others beside it in the tray. A
// second search, of sixteen, is stopped while its grid is on the canvas, and loses none.
func TestWindowSearch(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a sunflower, flat emoji"))
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.state("search-1-best")
	best := s.part()
	s.must(s.display.Click(s.at(60, 400)))
	s.press("Left")
	s.state("search-2-second")
	if s.same(best) {
		t.Error("there is no second candidate")
	}
	s.press("Right")
	if !s.same(best) {
		t.Error("the best is not the last candidate")
	}

	s.bestOf(16)
	s.must(s.display.Press("ctrl+Return"))
	label := image.Rect(1020, 182, 1140, 198) // on the button that stops: how many steps are done
	was := s.show(label)
	for range 4 { // Stop, none, one, two steps: from the second on each seed has something to show
		s.until("no step comes", func() bool { return !bytes.Equal(s.show(label), was) })
		was = s.show(label)
	}
	s.state("search-3-grid")
	if s.same(best) {
		t.Error("the grid is not shown")
	}
	s.must(s.display.Press("Escape"))
	s.must(eventually(runLimit, s.ready))
	s.away()
	s.must(s.watchAll().UntilStill(6*time.Second, runLimit)) // each unfinished picture takes up to four seconds on a busy machine, and then joins the tray
	s.state("search-4-stopped")
	unfinished := s.part()
	for range 16 {
		s.must(s.display.Press("Left"))
	}
	s.settle()
	if s.same(unfinished) {
		t.Error("of a search that was stopped not every seed is in the tray")
	}
}
