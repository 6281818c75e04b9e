//go:build window

package drive

import (
	"image"
	"testing"
)

// While Alt is held over the canvas in colour, the eyedropper is there instead of the brush's ring, and letting go brings the
// ring back and no menu. While a layer is dragged in the list, a line shows where it lands; one undo takes the drag back.
func TestWindowLayerDragAndEyedropper(t *testing.T) {
	t.Parallel()
	size := image.Pt(1280, 1100)
	s := open(t, size, nil)
	s.resize(size)
	rest := func() {
		s.away()
		s.stands(s.window.Bounds)
	}
	keys := func(args ...string) {
		_, err := s.display.xdotool(args...)
		s.must(err)
	}
	ticked := func(y int) bool { return s.count(s.at(1060, y), s.at(1095, y+40), 64, 156, 255) > 50 }
	s.must(eventually(startLimit, func() (bool, error) { return ticked(560), nil })) // the model is open
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("q", "r"))
	s.must(s.display.Drag(s.at(181, 158), s.at(821, 798)))
	s.until("the panel has no room for the strength", func() bool { return ticked(600) })
	s.must(s.display.Press("b"))
	s.must(s.display.Hover(s.at(140, 400)))
	s.must(s.display.Hover(s.at(141, 400)))
	s.stands(s.window.Bounds)
	menu := image.Rect(0, 30, 300, 300) // where it would open
	ring := s.show(image.Rect(60, 60, 900, 900))
	closed := s.show(menu)
	keys("keydown", "alt")
	s.until("no eyedropper", func() bool { return far(s.show(image.Rect(60, 60, 900, 900)), ring) > 0 })
	s.shot("eyedropper")
	keys("keyup", "alt")
	s.stands(s.window.Bounds)
	if far(s.show(image.Rect(60, 60, 900, 900)), ring) > 0 || far(s.show(menu), closed) > 0 {
		t.Error("let go of, Alt leaves something")
	}

	s.must(s.display.Press("r"))                                   // of which a click beside the picture is nothing
	s.appears(func() { s.must(s.display.Click(s.at(1000, 703))) }) // the fold of layers
	for i := range 3 {
		s.must(s.display.Click(s.at(987, 775+30*i)))
		rest()
	}
	list := image.Rect(975, 722, 1260, 842)
	before := s.show(list)
	blue := func(y int) int { return s.count(s.at(975, y-2), s.at(1260, y+2), 64, 156, 255) }
	keys("mousemove", "1060", "737", "mousedown", "1", "mousemove", "1060", "745", "sleep", "0.1", "mousemove", "1060", "770", "sleep", "0.1", "mousemove", "1060", "797")
	s.until("no line where the layer would land", func() bool { return blue(812) > 400 })
	s.shot("layer-landing")
	keys("mouseup", "1")
	rest()
	if n := blue(812); n > 0 {
		t.Errorf("the line stays: %d pixels", n)
	}
	if far(s.show(list), before) == 0 {
		t.Error("the layer stays where it was")
	}
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("ctrl+z"))
	rest()
	if d := far(s.show(list), before); d > 0 {
		t.Errorf("one undo does not take the drag back: %g", d)
	}
}
