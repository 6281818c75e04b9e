//go:build window

package drive

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
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
	t.Parallel()
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
	s.made(func() { s.button("picture menu", menu(12)...) }) // widen to the right
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
	t.Parallel()
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
	s.oneSeed()
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

// light is the mean brightness of a part of the window, 0 to 255.
func (s *studio) light(r image.Rectangle) float64 {
	s.Helper()
	sum, part := 0, s.show(r)
	for i := 0; i < len(part); i += 4 {
		sum += int(part[i]) + int(part[i+1]) + int(part[i+2])
	}
	return float64(sum) / float64(3*len(part)/4)
}

// TestWindowContrast chooses high contrast: of the numbers of pictures, and of noise and preview, one is still seen to be
// chosen, and another when it is clicked.
func TestWindowContrast(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	s.appears(func() { s.must(s.display.Press("ctrl+comma")) })
	s.must(s.display.Click(s.at(836, 253))) // High contrast
	s.until("the window is not black", func() bool { return s.light(image.Rect(980, 240, 1060, 255)) < 10 })
	s.stands(s.window.Bounds)
	dialog := s.show(image.Rect(380, 600, 600, 670))
	s.must(s.display.Press("Escape"))
	s.until("the settings do not close", func() bool { return far(s.show(image.Rect(380, 600, 600, 670)), dialog) > 1 })
	s.must(s.display.Click(s.at(60, 400)))
	s.settle()
	s.state("contrast-1")
	number := func(n int) float64 { // beside the digit
		x := 1069 + 37*(n-1)
		return s.light(image.Rect(x, 492, x+6, 510))
	}
	apart := func(a, b float64) bool { return a-b > 20 || b-a > 20 }
	if !apart(number(1), number(2)) || apart(number(2), number(3)) {
		t.Errorf("of 1 to 4 none is seen to be chosen: %.0f %.0f %.0f %.0f", number(1), number(2), number(3), number(4))
	}
	s.must(s.display.Click(s.at(1150, 501)))
	s.settle()
	if !apart(number(3), number(2)) || apart(number(1), number(2)) {
		t.Errorf("a click on 3 is not seen: %.0f %.0f %.0f %.0f", number(1), number(2), number(3), number(4))
	}
	shot := s.show(image.Rect(1062, 490, 1206, 512))
	dark, bright := 255, 0
	for i := 0; i < len(shot); i += 4 {
		dark, bright = min(dark, int(shot[i])), max(bright, int(shot[i]))
	}
	if dark > 20 || bright < 235 {
		t.Errorf("in high contrast the numbers are drawn in %d to %d", dark, bright)
	}
}

// TestWindowDropsTwo drops two pictures: the first is opened, and it is told that the other was not. A second file dialog
// does not come up over the first.
func TestWindowDropsTwo(t *testing.T) {
	t.Parallel()
	_, first := noisy(t, 128, 16)
	_, second := noisy(t, 64, 4)
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	strip := image.Rect(62, 30, 900, 90)
	empty, quiet := s.part(), s.show(strip)
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), first, second))
	s.until("the first picture is not opened", func() bool { return far(s.part(), empty) > 20 })
	s.until("nothing is told of the second", func() bool { return far(s.show(strip), quiet) > 1 })
	s.settle()
	s.state("drop-two")
	s.must(s.display.Press("ctrl+o"))
	_, err := s.program.Window("Open", startLimit)
	s.must(err)
	_, err = s.display.xdotool("windowfocus", "--sync", s.window.ID)
	s.must(err)
	s.must(s.display.Press("ctrl+o"))
	s.stands(s.window.Bounds)
	found, err := s.display.xdotool("search", "--onlyvisible", "--name", "^Open")
	s.must(err)
	if n := len(strings.Fields(found)); n != 1 {
		t.Errorf("%d file dialogs are open", n)
	}
	dialog, err := s.program.Window("Open", startLimit)
	s.must(err)
	s.stands(dialog.Bounds)
	s.must(s.display.Press("Escape"))
}
