//go:build window

package drive

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var program = flag.String("program", "", "path of the nirvana program to drive")

const (
	startLimit = 60 * time.Second // a cold start on a busy machine, model included
	runLimit   = 120 * time.Second
	calm       = 1500 * time.Millisecond // a run that shows nothing new for so long has ended, or stands
	still      = time.Second             // with no run under way, a key or a click has taken effect when nothing changes for so long
)

// studio is the program, running and ready for a prompt.
type studio struct {
	testing.TB
	display *Display
	program *Program
	window  Window
	home    string
}

// open starts the program in a display of its own. What it wrote and the last thing it showed are kept when the
// test fails.
func open(t testing.TB, screen image.Point, env []string, args ...string) *studio {
	t.Helper()
	return openAt(t, t.TempDir(), screen, env, args...)
}

// openAt is open with what a data folder holds already.
func openAt(t testing.TB, home string, screen image.Point, env []string, args ...string) *studio {
	t.Helper()
	if *program == "" {
		t.Fatal("say which program to drive: -program PATH (make window does)")
	}
	return openProgram(t, *program, home, screen, env, args...)
}

// openProgram is openAt with another program, which may watch this one.
func openProgram(t testing.TB, path, home string, screen image.Point, env []string, args ...string) *studio {
	t.Helper()
	display, err := Open(screen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { display.Close() })
	s := &studio{TB: t, display: display, home: home}
	if s.program, err = display.Start(s.home, path, env, args...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the program wrote:\n%s", s.program.Log())
			path := filepath.Join(os.TempDir(), "nirvana-"+strings.ReplaceAll(t.Name(), "/", "-")+".png")
			s.save(path)
			t.Logf("the screen is in %s", path)
		}
		if err := s.program.Close(); err != nil {
			t.Error(err)
		}
	})
	s.window, err = s.program.Window("(.* - )?Nirvana", startLimit)
	s.must(err)
	return s
}

func (s *studio) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// resize makes the window as large as the screen, or smaller.
func (s *studio) resize(size image.Point) {
	s.Helper()
	var err error
	s.window, err = s.program.Resize(s.window, size)
	s.must(err)
}

// canvas is the middle of the window between tool bar, panel and tray: where the picture is.
func (s *studio) canvas() image.Rectangle {
	b := s.window.Bounds
	return image.Rect(b.Min.X+b.Dx()/5, b.Min.Y+b.Dy()/5, b.Min.X+b.Dx()*3/5, b.Min.Y+b.Dy()*3/5)
}

// rest waits until no run is under way and the canvas shows nothing new.
func (s *studio) rest() {
	s.Helper()
	if err := eventually(runLimit, s.ready); err != nil {
		s.Fatalf("the button that generates is not shown: %v", err)
	}
	s.must(s.watch().UntilStill(still, startLimit))
}

// ready says whether the panel shows the button that generates, the only large thing there in the accent's colour.
func (s *studio) ready() (bool, error) {
	shot, err := s.display.Shot()
	if err != nil {
		return false, err
	}
	b, blue := s.window.Bounds.Intersect(shot.Rect), 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X + b.Dx()*3/4; x < b.Max.X; x++ {
			if p := shot.Pix[shot.PixOffset(x, y):]; p[0] == 64 && p[1] == 156 && p[2] == 255 {
				blue++
			}
		}
	}
	return blue > 2000, nil
}

func (s *studio) watch() *Watch {
	s.Helper()
	watch, err := s.display.Watch(s.canvas())
	s.must(err)
	return watch
}

// watchAll looks at the whole window.
func (s *studio) watchAll() *Watch {
	s.Helper()
	watch, err := s.display.Watch(s.window.Bounds)
	s.must(err)
	return watch
}

func (s *studio) save(path string) {
	s.Helper()
	shot, err := s.display.Shot()
	if err != nil {
		s.Error(err)
		return
	}
	var packed bytes.Buffer
	if err := png.Encode(&packed, shot); err != nil {
		s.Error(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		s.Error(err)
	}
}

// TestWindow is the first ten minutes of an artist: a prompt, a picture that comes step by step, a run that is
// stopped, an export.
func TestWindow(t *testing.T) {
	s := open(t, image.Pt(1280, 800), nil)
	s.rest()

	// The prompt has the keyboard from the start.
	s.must(s.display.Type("a red heart"))
	whole := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	began := time.Now()
	if err := whole.UntilChanges(8, runLimit); err != nil {
		t.Fatalf("the canvas changed %d times: a run should show its steps: %v", whole.Changes, err)
	}
	s.must(whole.UntilStill(calm, runLimit))
	t.Logf("a whole run: %d changes of the canvas in %.1f s", whole.Changes, whole.Changed.Sub(began).Seconds())

	s.lookBack()

	stopped := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(stopped.UntilChanges(3, runLimit))
	s.must(s.display.Press("Escape"))
	pressed := time.Now()
	s.must(stopped.UntilStill(calm, runLimit))
	late := max(0, stopped.Changed.Sub(pressed))
	t.Logf("a stopped run: %d changes, the last %v after Escape", stopped.Changes, late)
	if stopped.Changes >= whole.Changes {
		t.Errorf("a stopped run changed the canvas %d times, a whole one %d times", stopped.Changes, whole.Changes)
	}

	s.exportAsProposed()
	s.export(filepath.Join(s.home, "exported.png"))
	if !s.program.Alive() {
		t.Error("the program ended by itself")
	}
}

// lookBack goes along the timeline and through the noise view, and finds the result as it was.
func (s *studio) lookBack() {
	s.Helper()
	s.must(s.display.Click(s.at(60, s.window.Bounds.Dy()/2))) // beside the picture: keys are the window's now
	s.rest()
	watch := s.watch()
	result := watch.last
	timeline := func(share float64) image.Point { return s.at(60+int(share*460), s.window.Bounds.Dy()-129) }
	s.until("the canvas shows no earlier step when the timeline is dragged", func() bool { // again where a search's steps are not read yet
		s.must(s.display.Drag(timeline(0.9), timeline(0.6), timeline(0.4)))
		return watch.UntilChanges(1, 2*time.Second) == nil
	})
	back := func(what string) {
		if err := eventually(runLimit, func() (bool, error) { return watch.last == result, watch.Look() }); err != nil {
			s.Fatalf("after %s the result is not shown again: %v", what, err)
		}
	}
	s.must(s.display.Press("End"))
	back("the timeline")
	changes := watch.Changes
	s.must(s.display.Press("n"))
	if err := watch.UntilChanges(changes+1, runLimit); err != nil {
		s.Fatalf("the noise view shows nothing: %v", err)
	}
	s.must(s.display.Press("Escape"))
	back("the noise view")
}

// exportAsProposed takes the name and the folder that the file dialog proposes: after the prompt, among the artist's pictures.
func (s *studio) exportAsProposed() {
	s.Helper()
	s.must(s.display.Press("ctrl+e"))
	_, err := s.program.Window("(Save|Export)", 20*time.Second)
	s.must(err)
	s.must(s.display.Press("Return"))
	err = eventually(20*time.Second, func() (bool, error) {
		found, err := filepath.Glob(filepath.Join(s.home, "Pictures", "a-red-heart-*.png"))
		return len(found) == 1, err
	})
	if err != nil {
		s.Fatalf("no picture of the proposed name among the artist's pictures: %v", err)
	}
	_, err = s.program.Window("Nirvana", 20*time.Second) // the keyboard is its own again
	s.must(err)
}

// export saves the picture through the system's file dialog and looks at what was written.
func (s *studio) export(path string) image.Point {
	s.Helper()
	s.must(s.display.Press("ctrl+e"))
	_, err := s.program.Window("(Save|Export)", 20*time.Second) // GTK's dialog keeps its own title
	s.must(err)
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type(path))
	s.must(s.display.Press("Return"))
	var data []byte
	err = eventually(20*time.Second, func() (bool, error) {
		data, err = os.ReadFile(path)
		return bytes.Contains(data, []byte("IEND")), nil
	})
	if err != nil {
		s.Fatalf("no whole picture at %s: %v", path, err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	s.must(err)
	size := picture.Bounds().Size()
	if size.X < 64 || size.Y < 64 {
		s.Errorf("the exported picture is %v", size)
	}
	if !bytes.Contains(data, []byte("parameters\x00")) || !bytes.Contains(data, []byte("a red heart")) {
		s.Error("the exported picture does not carry its recipe")
	}
	return size
}
