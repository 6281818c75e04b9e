//go:build window

package drive

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a stranger stumbled over in the window, each driven with mouse and keyboard.

// until waits for something on the screen.
func (s *studio) until(what string, ask func() bool) {
	s.Helper()
	if err := eventually(runLimit, func() (bool, error) { return ask(), nil }); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// edges finds the frame's left and right edge on the screen, by its line of the accent's colour in a row of pixels.
func (s *studio) edges(y int) (left, right int) {
	s.Helper()
	shot, err := s.display.Shot()
	s.must(err)
	left, right = -1, -1
	for x := s.window.Bounds.Min.X + 50; x < s.window.Bounds.Min.X+s.window.Bounds.Dx()*3/4-6; x++ {
		if p := shot.Pix[shot.PixOffset(x, y):]; p[0] == 64 && p[1] == 156 && p[2] == 255 {
			if left < 0 {
				left = x
			}
			right = x
		}
	}
	return left, right
}

// TestWindowFrame pulls the frame's left and right edge in the fitted view: edge and hand move together, the opposite
// edge and the view stay, and nothing flies away at the window's edge.
func TestWindowFrame(t *testing.T) {
	t.Parallel()
	_, path := noisy(t, 256, 4)
	s := open(t, image.Pt(1280, 800), nil, path)
	s.resize(image.Pt(1280, 800))
	s.modelOpens()
	y := s.spot(0.5, 0.5).Y + 60 // not at a handle
	left, right := s.edges(y)
	if left < 0 || right-left < 200 {
		t.Fatalf("no frame: %d to %d", left, right)
	}
	middle := 0
	for _, pull := range []struct {
		by   int
		left bool
	}{{100, true}, {-90, false}, {-100, true}} {
		l0, r0 := s.edges(y)
		from := image.Pt(l0, 0)
		if !pull.left {
			from.X = r0
		}
		middle = s.handleRow(from.X)
		from.Y = middle
		s.hold(from, from.Add(image.Pt(pull.by/2, 0)), from.Add(image.Pt(pull.by, 0)))
		s.must(s.watch().UntilStill(400*time.Millisecond, runLimit))
		l, r := s.edges(y)
		const slack = 5 // two pixels of the picture, and the line
		moved, stayed := l-l0, r-r0
		if !pull.left {
			moved, stayed = r-r0, l-l0
		}
		if moved < pull.by-slack || moved > pull.by+slack || stayed < -2 || stayed > 2 {
			t.Errorf("the hand pulled by %d, the edge moved by %d and the opposite one by %d", pull.by, moved, stayed)
		}
		_, err := s.display.xdotool("mouseup", "1")
		s.must(err)
		s.away()
		s.must(s.watch().UntilStill(400*time.Millisecond, runLimit))
	}
	_, r := s.edges(y)
	from := image.Pt(r, middle)
	s.hold(from, from.Add(image.Pt(200, 0)), s.at(1270, 400), s.at(1279, 400))
	s.must(s.watch().UntilStill(400*time.Millisecond, runLimit))
	if _, at := s.edges(y); at < s.at(900, 0).X {
		t.Errorf("pulled to the window's edge the frame ends at %d on the screen: it is not seen where the hand left it", at)
	}
}

// modelOpens waits until the panel tells how many tokens the prompt has, which it does once the model is open.
func (s *studio) modelOpens() {
	s.Helper()
	w := s.window.Bounds.Dx()
	s.until("the model does not open", func() bool {
		part, bright := s.show(image.Rect(w-184, 42, w-118, 56)), 0 // left of Styles
		for i := 0; i < len(part); i += 4 {
			if part[i] > 120 {
				bright++
			}
		}
		return bright > 20
	})
	s.rest()
	s.stands(s.window.Bounds) // the panel too: its rows move when the model's come
}

// hold presses the button at the first point and goes to the last, with the button held.
func (s *studio) hold(points ...image.Point) {
	s.Helper()
	for i, at := range points {
		s.must(s.display.move(at))
		if i == 0 {
			_, err := s.display.xdotool("mousedown", "1")
			s.must(err)
		}
	}
}

// handleRow is the height of the middle handle at an edge.
func (s *studio) handleRow(x int) int {
	s.Helper()
	shot, err := s.display.Shot()
	s.must(err)
	white, sum := 0, 0
	for y := s.window.Bounds.Min.Y + 200; y < s.window.Bounds.Min.Y+480; y++ {
		run := 0
		for dx := -3; dx <= 2; dx++ {
			if p := shot.Pix[shot.PixOffset(x+dx, y):]; p[0] == 255 && p[1] == 255 && p[2] == 255 {
				run++
			}
		}
		if run >= 5 {
			white, sum = white+1, sum+y
		}
	}
	if white == 0 {
		s.Fatalf("no handle at %d", x)
	}
	return sum / white
}

// TestWindowNumbers types into number fields: over what is selected, left by Tab and by Ctrl+Enter alone, with a comma;
// and turns the wheel over one.
func TestWindowNumbers(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1100, 560), nil)
	s.resize(image.Pt(1100, 560))
	s.rest()
	s.modelOpens()
	steps, guidance := s.at(1059, 349), s.at(1059, 311)
	field := func(at image.Point) image.Rectangle {
		return image.Rectangle{Min: at, Max: at}.Inset(-10).Sub(s.window.Bounds.Min)
	}
	before := s.show(field(steps))
	s.must(s.display.Click(steps))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("4\t")) // a run of four steps below is quick
	s.until("4 typed into the steps is not shown", func() bool { return far(s.show(field(steps)), before) > 1 })
	s.must(s.display.Click(guidance))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("2,5"))
	s.must(s.display.Press("ctrl+Return"))
	var made []string
	s.until("no picture", func() bool {
		made, _ = filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
		return len(made) == 1
	})
	data, err := os.ReadFile(made[0])
	s.must(err)
	for _, want := range []string{"Steps: 4,", "CFG scale: 2.5,"} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the picture's recipe has no %q: what was typed is not what was used", want)
		}
	}
	s.must(s.display.Hover(steps))
	panel := image.Rect(800, 260, 1090, 530)
	still := s.show(panel)
	_, err = s.display.xdotool("click", "--repeat", "4", "5")
	s.must(err)
	s.until("the wheel over a number does not scroll the panel", func() bool { return far(s.show(panel), still) > 2 })
}

// TestWindowAlt paints with Alt, which takes away, and lets go of it, which opens no menu; and a click on a picture of
// the history leaves the prompt as it is.
func TestWindowAlt(t *testing.T) {
	t.Parallel()
	_, path := noisy(t, 128, 8)
	s := open(t, image.Pt(1280, 800), nil, path)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Click(s.at(60, 400)))
	s.press("b")
	bare := s.part()
	stroke := []image.Point{s.spot(0.3, 0.5), s.spot(0.5, 0.5), s.spot(0.7, 0.5)}
	s.must(s.display.Drag(stroke...))
	s.settle()
	if s.same(bare) {
		t.Fatal("the brush left no mark")
	}
	painted := s.part()
	_, err := s.display.xdotool("keydown", "alt")
	s.must(err)
	s.must(s.display.Drag(stroke...))
	_, err = s.display.xdotool("keyup", "alt")
	s.must(err)
	s.settle()
	s.state("stranger-alt")
	if s.same(painted) || far(s.part(), bare) > far(painted, bare)/2 {
		t.Errorf("Alt with the brush does not take away: %.2f off, it was %.2f", far(s.part(), bare), far(painted, bare))
	}
	menu := image.Rect(0, 30, 160, 200) // where the File menu would be
	s.must(s.display.Press("Escape"))
	s.settle()
	now := s.show(menu)
	_, err = s.display.xdotool("keydown", "alt")
	s.must(err)
	s.must(s.display.Drag(stroke...))
	_, err = s.display.xdotool("keyup", "alt")
	s.must(err)
	s.settle()
	if far(s.show(menu), now) > 0.5 {
		t.Error("letting go of Alt opens a menu")
	}
}

// TestWindowSmall starts on a small screen with everything at 150 %: the window fits, and the button that generates is
// inside and works.
func TestWindowSmall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		screen image.Point
		env    string
	}{{"150%", image.Pt(1280, 800), "FYNE_SCALE=1.5"}, {"200%", image.Pt(1920, 1080), "FYNE_SCALE=2"}} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.screen, []string{c.env})
			s.until("the window is larger than the screen", func() bool {
				bounds, err := s.display.bounds(s.window.ID)
				s.must(err)
				s.window.Bounds = bounds
				return bounds.Dx() <= c.screen.X && bounds.Dy() <= c.screen.Y
			})
			s.rest()
			s.state("stranger-small-" + c.name)
			if yes, err := s.ready(); !yes || err != nil {
				t.Errorf("the button that generates is not in the window: %v", err)
			}
		})
	}
}
