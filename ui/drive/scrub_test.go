//go:build window

package drive

import (
	"fmt"
	"image"
	"testing"
	"time"
)

// BenchmarkScrub drags along the timelines of four candidates of 50 steps, one after the other: the first time the steps of all but the
// last are read from the disk. Figures are to be taken on a quiet machine.
func BenchmarkScrub(b *testing.B) {
	s := open(b, image.Pt(1440, 900), nil)
	s.resize(image.Pt(1440, 900))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.must(s.display.Click(s.at(1354, 502))) // four pictures
	s.must(s.display.Click(s.at(1400, 349)))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("50\t"))
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.must(s.display.Click(s.at(100, 400)))
	middle := s.spot(0.5, 0.5)
	rows := image.Rect(middle.X-100, middle.Y-2, middle.X+100, middle.Y+2)
	const long = 3 * time.Second
	for _, name := range []string{"first", "again"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var all []time.Duration
				for range 4 {
					s.must(s.display.Press("End", "Left"))
					s.settle()
					all = append(all, s.scrub(rows, long)...)
				}
				count(b, all)
			}
		})
	}
}

// scrub drags to and fro along the timeline and gives the times between changes of a few rows of the screen.
func (s *studio) scrub(rows image.Rectangle, long time.Duration) []time.Duration {
	const pause = 8 * time.Millisecond
	var moves []string // all of them in one call: starting xdotool again would pause
	for i := range int(long / pause) {
		at := s.timeline(float64(min(i%200, 200-i%200)) / 100)
		moves = append(moves, "mousemove", fmt.Sprint(at.X), fmt.Sprint(at.Y), "sleep", fmt.Sprint(pause.Seconds()))
	}
	s.must(s.display.Hover(s.timeline(0.02)))
	_, err := s.display.xdotool("mousedown", "1")
	s.must(err)
	stopped := make(chan error)
	go func() {
		_, err := s.display.xdotool(moves...)
		stopped <- err
	}()
	frames := s.frames(rows, long)
	s.must(<-stopped)
	_, err = s.display.xdotool("mouseup", "1")
	s.must(err)
	return frames
}
