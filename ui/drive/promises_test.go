//go:build window

package drive

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// picture exports what is on the canvas and reads it.
func (s *studio) picture(name string) *image.NRGBA {
	s.Helper()
	path := filepath.Join(s.home, name)
	s.export(path)
	_, err := s.program.Window("(.* - )?Nirvana", startLimit) // the keyboard is its own again
	s.must(err)
	file, err := os.Open(path)
	s.must(err)
	defer file.Close()
	img, err := png.Decode(file)
	s.must(err)
	out := image.NewNRGBA(img.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// few sets few steps: a run that is looked at only for where it paints.
func (s *studio) few() {
	s.Helper()
	p := trayPlaces["steps"]
	s.must(s.display.Click(s.at(p.X, p.Y)))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("4\t"))
	s.must(s.display.Click(s.at(60, 400)))
}

// TestWindowMaskOff repaints under a mask and keeps the result: the mask is off then, so that widening leaves the place
// where it was as it is. While a result hides a mask, a chip says that it is on, and clears it.
func TestWindowMaskOff(t *testing.T) {
	_, path := noisy(t, 256, 5)
	s := open(t, image.Pt(1280, 800), nil, path)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	p := trayPlaces["prompt"]
	s.must(s.display.Click(s.at(p.X, p.Y)))
	s.must(s.display.Type("a red heart"))
	s.few()
	bare := s.part()
	paint := func() {
		s.press("b")
		s.must(s.display.Drag(s.spot(0.40, 0.40), s.spot(0.45, 0.5), s.spot(0.5, 0.5), s.spot(0.55, 0.55)))
		s.settle()
	}
	paint()
	if s.same(bare) {
		t.Fatal("the brush left no mark")
	}
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.state("mask-off-1-chip")
	chip := image.Rect(838, 72, 946, 98)
	on := s.show(chip)
	s.must(s.display.Click(s.at(60, 400)))
	s.strike("Return")
	if far(s.show(chip), on) < 1 {
		t.Error("no chip told of the mask that the result hid, or it stays when the result is kept")
	}
	before := s.picture("before.png")
	s.must(s.display.Click(s.at(60, 400)))
	s.made(func() { s.button("picture menu", menu(11)...) }) // widen to the right
	s.state("mask-off-2-widened")
	s.must(s.display.Click(s.at(60, 400)))
	s.strike("Return")
	after := s.picture("after.png")
	if after.Rect.Dx() <= before.Rect.Dx() {
		t.Fatalf("widened it is %v", after.Rect)
	}
	for y := range before.Rect.Dy() {
		for x := range before.Rect.Dx() / 2 {
			if before.NRGBAAt(x, y) != after.NRGBAAt(x, y) {
				t.Fatalf("widening changed pixel %d,%d: the mask that was there is still on", x, y)
			}
		}
	}
}

// TestWindowTimeline holds an earlier step during a run: when the run ends the result is shown. Of a new picture there is
// no timeline and nothing of the one before.
func TestWindowTimeline(t *testing.T) {
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	red := func(r image.Rectangle) (n int) {
		part := s.show(r)
		for i := 0; i < len(part); i += 4 {
			if part[i] > 180 && part[i+1] < 90 && part[i+2] < 90 {
				n++
			}
		}
		return n
	}
	timeline, canvas := image.Rect(50, 642, 512, 672), image.Rect(240, 70, 760, 590)
	s.must(s.display.Type("a red heart"))
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(5, runLimit))
	s.must(s.display.Click(s.at(60, 400)))
	s.must(s.display.Press("Left", "Left", "Left"))
	s.must(eventually(runLimit, s.ready))
	s.settle()
	s.state("timeline-1-ended")
	shown := s.part()
	if s.strike("End"); !s.same(shown) {
		t.Error("when the run ended the canvas stayed on the step that was held")
	}
	if red(timeline) < 100 || red(canvas) < 1000 {
		t.Error("the heart is not on canvas and timeline")
	}
	s.must(s.display.Press("ctrl+n"))
	s.until("the picture before is still there after New", func() bool { return red(canvas) == 0 })
	s.settle()
	s.state("timeline-2-new")
	if red(timeline) > 0 {
		t.Error("the timeline of the picture before is still there after New")
	}
}

// TestWindowHangup hangs up, as a terminal that is closed does: the program ends in order, and what was painted a moment
// before is there at the next start.
func TestWindowHangup(t *testing.T) {
	_, path := noisy(t, 128, 9)
	s := open(t, image.Pt(1280, 800), nil, path)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Click(s.at(60, 400)))
	s.press("b")
	bare := s.part()
	s.must(s.display.Drag(s.spot(0.3, 0.5), s.spot(0.5, 0.6), s.spot(0.7, 0.5)))
	s.settle()
	painted := s.part()
	if far(painted, bare) == 0 {
		t.Fatal("the brush left no mark")
	}
	s.must(s.display.Drag(s.spot(0.3, 0.3), s.spot(0.5, 0.35), s.spot(0.7, 0.3)))
	s.must(s.program.command.Process.Signal(syscall.SIGHUP))
	select {
	case err := <-s.program.ended:
		s.program.ended <- err
		if err != nil {
			t.Errorf("hung up, it ended with %v: %s", err, s.program.Log())
		}
	case <-time.After(endLimit):
		t.Fatal("it goes on when hung up")
	}
	var err error
	s.program, err = s.display.Start(s.home, *program, nil)
	s.must(err)
	s.window, err = s.program.Window("(.* - )?Nirvana", startLimit)
	s.must(err)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.settle()
	if back := s.part(); far(back, bare) <= far(painted, bare) {
		t.Errorf("what was painted before it hung up is not there: %.2f off the bare picture, %.2f before the last stroke", far(back, bare), far(painted, bare))
	}
}
