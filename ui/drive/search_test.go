//go:build window

package drive

import (
	"image"
	"testing"
)

// oneSeed makes pictures of one seed each, not the best of several: for tests of something else, in windows in which the
// panel lies unscrolled.
func (s *studio) oneSeed() {
	s.Helper()
	s.must(s.display.Click(s.at(s.window.Bounds.Dx()-201, 541)))
	s.rest()
}

// TestWindowSearch presses Generate in a fresh studio: the best of eight seeds, with the others beside it in the tray. A
// second search, of sixteen, is stopped while its grid is on the canvas, and loses none.
func TestWindowSearch(t *testing.T) {
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

	s.must(s.display.Click(s.at(s.window.Bounds.Dx()-72, 541))) // best of 16
	s.rest()
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(2, runLimit))
	s.state("search-3-grid")
	if s.same(best) {
		t.Error("the grid is not shown")
	}
	s.must(s.display.Press("Escape"))
	s.must(eventually(runLimit, s.ready))
	s.settle()
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
