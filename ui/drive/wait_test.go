//go:build window

package drive

import (
	"image"
	"time"
)

// much is how many pixels change at least where a menu, a dialog or a list comes up: more than a cursor, a tip and a
// button under the pointer together.
const much = 6000

// appears does what brings up a menu, a dialog or a list, and waits until that stands.
func (s *studio) appears(do func()) {
	s.Helper()
	before, err := s.display.Shot()
	s.must(err)
	do()
	s.until("nothing comes up", func() bool {
		now, err := s.display.Shot()
		s.must(err)
		return apart(now, before, before.Rect) > much
	})
	s.stands(before.Rect)
}

// apart is how many pixels of a part of the screen differ.
func apart(a, b *image.RGBA, part image.Rectangle) (n int) {
	part = part.Intersect(a.Rect)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		x, end := a.PixOffset(part.Min.X, y), a.PixOffset(part.Max.X, y)
		for ; x < end; x += 4 {
			if a.Pix[x] != b.Pix[x] || a.Pix[x+1] != b.Pix[x+1] || a.Pix[x+2] != b.Pix[x+2] {
				n++
			}
		}
	}
	return n
}

// little is how many pixels may change where nothing happens: a cursor's.
const little = 100

// stands waits until nothing but a cursor has moved in a part of the screen for a while.
func (s *studio) stands(part image.Rectangle) {
	s.Helper()
	last, err := s.display.Shot()
	s.must(err)
	since := time.Now()
	s.until("the window does not come to rest", func() bool {
		now, err := s.display.Shot()
		s.must(err)
		if apart(now, last, part) > little {
			last, since = now, time.Now()
		}
		return time.Since(since) > 200*time.Millisecond
	})
}

// rightClick opens the menu of what is at a point of the window.
func (s *studio) rightClick(at image.Point) {
	s.Helper()
	s.must(s.display.move(s.at(at.X, at.Y)))
	s.appears(func() {
		_, err := s.display.xdotool("click", "3")
		s.must(err)
	})
}
