//go:build window

package drive

import (
	"image"
	"testing"
	"time"
)

// TestWindowSteer pauses a run over the timeline, goes a step, steers by the guidance, goes on, and branches from an
// earlier step with other words.
func TestWindowSteer(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1440, 900), nil)
	s.resize(image.Pt(1440, 900))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.must(s.display.Hover(s.timeline(0.2)))
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(2, runLimit))
	s.must(s.display.Press("ctrl+t")) // out of the prompt: single keys act
	s.must(s.display.Press("space"))
	if err := s.watch().UntilStill(2*time.Second, runLimit); err != nil {
		t.Fatal("it goes on while it is paused:", err)
	}
	if done, err := s.ready(); err != nil || done {
		t.Fatal("it was not paused, or too late:", err)
	}
	s.state("steer-1-paused")
	held := s.part()
	s.must(s.display.Press("period"))
	s.must(eventually(runLimit, func() (bool, error) { return !s.same(held), nil }))
	s.must(s.watch().UntilStill(2*time.Second, runLimit))
	s.state("steer-2-step")
	s.must(s.display.Drag(guidanceAt(s, 0.4), guidanceAt(s, 0.7), guidanceAt(s, 0.95)))
	s.must(s.display.Click(guidanceAt(s, 0.95))) // a slider that was clicked has the keyboard
	s.must(s.display.Hover(s.timeline(0.2)))
	s.stands(s.window.Bounds) // the window takes the pointer's moves frame by frame, and a click on the slider when no second one came
	s.must(s.display.Press("space"))
	s.must(eventually(runLimit, s.ready))
	s.settle()
	s.state("steer-3-done")
	first := s.part()

	s.must(s.display.Drag(s.timeline(0.6), s.timeline(0.35), s.timeline(0.3)))
	s.settle()
	s.must(s.display.Click(guidanceAt(s, 0.1)))
	s.settle()
	s.state("steer-4-earlier")
	s.made(func() { s.must(s.display.Click(branchButton(s))) })
	s.state("steer-5-branched")
	if s.same(first) {
		t.Error("the branch shows its parent's picture")
	}
}

// guidanceAt is the place of a share of the guidance's slider, branchButton that of the button behind the timeline, in a
// window of 1440 x 900 px.
func guidanceAt(s *studio, share float64) image.Point { return s.at(1233+int(share*123), 311) }
func branchButton(s *studio) image.Point              { return s.at(1024, 764) }
