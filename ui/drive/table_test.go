//go:build window

package drive

import (
	"image"
	"testing"
)

// TestWindowTable makes four pictures in one run: each comes step by step in a place of its own, a click shows one
// large, G all again, and arrows with Enter another.
func TestWindowTable(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.must(s.display.Click(s.at(1187, 501))) // four pictures
	var places []*Watch
	for _, p := range []image.Point{{364, 183}, {644, 183}, {364, 463}, {644, 463}} {
		at := s.at(p.X, p.Y)
		w, err := s.display.Watch(image.Rectangle{Min: at, Max: at}.Inset(-90))
		s.must(err)
		places = append(places, w)
	}
	whole := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	err := eventually(runLimit, func() (bool, error) {
		for _, w := range places {
			if err := w.Look(); err != nil {
				return false, err
			}
		}
		return places[3].Changes >= 4, nil
	})
	s.must(err)
	s.must(whole.UntilStill(calm, runLimit))
	for i, w := range places {
		if w.Changes < 4 {
			t.Errorf("place %d changed %d times: a picture should come step by step", i+1, w.Changes)
		}
	}
	s.away()
	s.rest()
	s.state("table-1-four")
	four := s.part()

	s.must(s.display.Click(s.at(364, 183)))
	s.away()
	s.rest()
	s.state("table-2-first")
	first := s.part()
	if s.same(four) {
		t.Fatal("a click on one of four pictures does not show it large")
	}
	s.press("g", "Right")
	s.state("table-3-second")
	if s.same(first) {
		t.Fatal("G does not show all again")
	}
	s.press("Return")
	second := s.part()
	if s.same(first) || s.same(four) {
		t.Error("Enter does not show the second picture large")
	}
	s.press("Left")
	if !s.same(first) {
		t.Error("Left does not go back to the first picture")
	}
	s.press("Right", "Return", "g")
	if !s.same(second) {
		t.Error("the kept picture is not what was shown, or G shows a table of one")
	}
}
