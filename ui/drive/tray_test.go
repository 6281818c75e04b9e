//go:build window

package drive

import (
	"bytes"
	"image"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Places in a window of 1280 x 800 px, those of the history beside two candidates.
var trayPlaces = map[string]image.Point{
	"keep": {27, 728}, "discard": {57, 728}, "compare": {87, 728}, "previous": {117, 728}, "next": {147, 728}, "more": {177, 728},
	"picture menu": {154, 12}, "steps": {1239, 349}, "four": {1187, 501}, "newest": {604, 726}, "search": {480, 739}, "prompt": {1119, 100},
}

// button clicks one of them, and presses keys for the menu that it opens.
func (s *studio) button(name string, keys ...string) {
	s.Helper()
	p := trayPlaces[name]
	click := func() { s.must(s.display.Click(s.at(p.X, p.Y))) }
	if len(keys) == 0 {
		click()
		s.stands(s.window.Bounds)
		return
	}
	s.appears(click)
	s.must(s.display.Press(keys...))
}

// settle takes the pointer away and waits until nothing moves.
func (s *studio) settle() {
	s.Helper()
	s.away()
	s.must(s.watch().UntilStill(400*time.Millisecond, runLimit))
}

// strike presses keys and waits for what they do.
func (s *studio) strike(keys ...string) {
	s.Helper()
	s.must(s.display.Press(keys...))
	s.settle()
}

// made does something that makes a picture, and waits for that.
func (s *studio) made(do func()) {
	s.Helper()
	watch := s.watch()
	do()
	s.must(watch.UntilChanges(3, runLimit))
	s.must(eventually(runLimit, s.ready))
	s.settle()
}

// menu is the keys that choose the n-th item of an open menu.
func menu(n int) []string { return append(slices.Repeat([]string{"Down"}, n), "Return") }

// show copies a part of the window.
func (s *studio) show(r image.Rectangle) []byte {
	s.Helper()
	shot, err := s.display.Shot()
	s.must(err)
	r = r.Add(s.window.Bounds.Min)
	var all []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		all = append(all, shot.Pix[shot.PixOffset(r.Min.X, y):shot.PixOffset(r.Max.X, y)]...)
	}
	return all
}

// TestWindowTray makes variations of a candidate, looks through them, discards, keeps, compares, takes one as picture
// and enlarges it, all by the tray's buttons and menu; then it widens the picture in one click.
func TestWindowTray(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	first := s.part()

	s.made(func() { s.button("more", menu(1)...) })
	s.state("tray-1-subtle")
	subtle := s.part()
	s.made(func() { s.button("more", menu(2)...) })
	s.state("tray-2-strong")
	if strong := s.part(); s.same(first) || s.same(subtle) || bytes.Equal(subtle, first) || far(strong, subtle) < far(subtle, first) {
		t.Errorf("variations: the subtle one is %.1f off the first, the strong one %.1f off that", far(subtle, first), far(strong, subtle))
	}
	s.button("previous")
	s.settle()
	if !s.same(subtle) {
		t.Error("the arrow to the left does not show the candidate before")
	}
	s.button("next")
	s.button("next")
	s.settle()
	if !s.same(first) {
		t.Error("the arrow to the right does not come around to the first candidate")
	}
	s.button("discard")
	s.strike("Left", "Right")
	if s.same(first) {
		t.Error("the discarded candidate is still shown")
	}
	s.strike("Delete")
	s.button("keep")
	s.settle()
	s.strike("f")
	kept := s.part()

	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	again := s.part()
	s.button("compare")
	s.settle()
	s.state("tray-3-divider")
	if s.same(again) || s.same(kept) {
		t.Error("the divider does not show both pictures")
	}
	s.must(s.display.Drag(s.spot(0.5, 0.5), s.spot(1.2, 0.5), s.spot(1.5, 0.5)))
	s.settle()
	if !s.same(kept) {
		t.Error("left of the divider is not what was there before")
	}
	s.button("compare")
	s.settle()
	if !s.same(again) {
		t.Error("the divider does not go away")
	}

	s.button("more", menu(3)...)
	s.settle()
	s.strike("ctrl+z")
	if !s.same(kept) {
		t.Error("the candidate used as picture is not one undo step")
	}
	s.strike("ctrl+y")
	if !s.same(again) {
		t.Error("the candidate was not used as picture")
	}
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.made(func() { s.button("more", menu(4)...) })
	s.state("tray-4-enlarged")
	s.strike("Return")
	if size := s.export(filepath.Join(s.home, "large.png")); size != image.Pt(512, 512) {
		t.Errorf("the enlarged picture is %v", size)
	}
	s.must(s.display.Click(s.spot(0.5, 0.5)))
	s.made(func() { s.button("picture menu", menu(12)...) }) // widen to the right
	s.state("tray-5-widened")
	s.strike("Return")
	if size := s.export(filepath.Join(s.home, "wide.png")); size != image.Pt(768, 512) {
		t.Errorf("the widened picture is %v", size)
	}
}

// far is the mean distance of two equally large parts of the screen.
func far(a, b []byte) float64 {
	var sum float64
	for i := range a {
		sum += max(float64(a[i])-float64(b[i]), float64(b[i])-float64(a[i]))
	}
	return sum / float64(len(a))
}

// TestWindowQueue lets runs wait while a long one is under way, changes their order, takes one out, and works on from
// the history: by search, and with a picture's prompt.
func TestWindowQueue(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	prompt := image.Rect(975, 70, 1200, 130)
	heart := s.show(prompt)
	s.must(s.display.Click(s.at(trayPlaces["four"].X, trayPlaces["four"].Y)))
	s.must(s.display.Click(s.at(trayPlaces["steps"].X, trayPlaces["steps"].Y)))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("1000\t")) // four such pictures outlast all that follows: the first waiting run may not begin
	s.must(s.display.Click(s.at(trayPlaces["prompt"].X, trayPlaces["prompt"].Y)))
	card := image.Rect(359, 706, 495, 722) // of the first of two cards that are seen: the prompt
	empty := s.show(card)
	for _, text := range []string{"a blue cat", "a green tree", "a yellow house"} {
		s.must(s.display.Press("ctrl+a"))
		s.must(s.display.Type(text))
		s.must(s.display.Press("ctrl+Return"))
	}
	var first []byte
	shows := func(what string, want func(now []byte) bool) {
		t.Helper()
		s.away()
		var before []byte
		err := eventually(runLimit, func() (bool, error) {
			time.Sleep(150 * time.Millisecond)
			first = s.show(card)
			still := bytes.Equal(first, before)
			before = first
			return still && want(first), nil
		})
		if err != nil {
			t.Fatal(what, err)
		}
	}
	not := func(other []byte) func([]byte) bool {
		return func(now []byte) bool { return !bytes.Equal(now, other) }
	}
	is := func(other []byte) func([]byte) bool {
		return func(now []byte) bool { return bytes.Equal(now, other) }
	}
	shows("two runs do not wait:", not(empty))
	tree := first
	s.state("queue-1-waiting")
	later, cross := image.Pt(396, 752), image.Pt(484, 752)
	s.must(s.display.Click(s.at(later.X, later.Y)))
	shows("the first card does not change places with the second:", not(tree))
	house := first
	s.state("queue-2-later")
	s.must(s.display.Click(s.at(later.X, later.Y)))
	shows("the first card does not come back:", is(tree))
	s.must(s.display.Click(s.at(cross.X, cross.Y)))
	shows("the first card is not taken out:", is(house))
	s.state("queue-3-cancelled")
	s.must(s.display.Click(s.at(cross.X, cross.Y)))
	shows("the last card is not taken out:", not(house))
	s.must(s.display.Click(s.at(60, 400)))
	s.strike("Escape")
	s.must(eventually(runLimit, s.ready))
	s.stands(s.window.Bounds) // the history's place too: it moves when the cards of the queue go

	field := image.Rect(394, 724, 566, 754) // only what is typed shows that the history is searched
	idle := s.show(field)
	s.button("search")
	s.until("the search has the keyboard", func() bool { return far(s.show(field), idle) > 0.2 })
	hint := s.show(field)
	s.must(s.display.Type("heart"))
	s.until("the search has its words", func() bool { return far(s.show(field), hint) > 1 })
	s.stands(s.window.Bounds)
	s.rightClick(trayPlaces["newest"])
	s.state("queue-4-history")
	s.strike(menu(3)...) // use its prompt: the first item is the title
	s.must(s.display.Click(s.at(60, 400)))
	s.settle()
	s.state("queue-5-prompt")
	if now := s.show(prompt); far(now, heart) > 0.5 {
		t.Errorf("the history's prompt is not taken up: %.2f off", far(now, heart))
	}
}
