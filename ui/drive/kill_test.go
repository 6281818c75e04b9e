//go:build window

package drive

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestWindowKill ends the program with SIGKILL while a picture is being made, and again in the midst of a stroke. Each
// time it comes back with what was on the screen; the run is gone on with, and undo leads back to before the strokes.
func TestWindowKill(t *testing.T) {
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.run()
	s.unfocus()
	s.press("Return") // keeps the candidate
	s.press("b")
	kept := s.part()
	s.must(s.display.Drag(s.spot(0.2, 0.2), s.spot(0.7, 0.4)))
	s.must(s.display.Drag(s.spot(0.3, 0.6), s.spot(0.6, 0.7)))
	s.away()
	s.rest()
	masked := s.part()
	if string(masked) == string(kept) {
		t.Fatal("nothing was painted")
	}

	s.must(s.display.Press("ctrl+Return"))
	s.must(eventually(runLimit, func() (bool, error) { ready, err := s.ready(); return !ready, err })) // the run is under way
	s.killed()
	if !s.same(masked) {
		t.Error("picture and mask are not what they were when the run was cut off")
	}
	s.state("killed-running")

	s.unfocus()
	s.must(s.display.Press("b"))
	s.must(s.display.move(s.spot(0.1, 0.9)))
	_, err := s.display.xdotool("mousedown", "1")
	s.must(err)
	for i := range 10 {
		s.must(s.display.move(s.spot(0.1+float64(i)*0.08, 0.9)))
	}
	time.Sleep(400 * time.Millisecond) // what is older than 250 ms is kept
	s.killed()
	if s.same(masked) {
		t.Error("the stroke under way is lost")
	}
	s.unfocus()
	s.press("ctrl+z")
	if !s.same(masked) {
		t.Error("undo does not take the stroke under way back")
	}
	s.state("killed-painting")

	s.must(s.display.Click(s.at(881, 102))) // Resume
	s.away()
	pictures := func() int { files, _ := os.ReadDir(filepath.Join(s.home, "pictures")); return len(files) }
	s.must(eventually(runLimit, func() (bool, error) { return pictures() == 2, nil }))
	s.rest()
	s.state("killed-resumed")
	s.again()
	if all := s.trails(3); !slices.Equal(all[0], all[1]) && !slices.Equal(all[0], all[2]) && !slices.Equal(all[1], all[2]) {
		t.Error("the picture that was gone on with is not the one that the whole run makes")
	}
	s.rest()
	s.unfocus()
	s.press("ctrl+z") // what was made again has locked its seed
	s.press("ctrl+z")
	s.press("ctrl+z")
	s.press("Delete") // the candidates: Undo would bring them back
	s.unfocus()
	s.press("Delete")
	if !s.same(kept) {
		t.Error("undo does not lead back to before the strokes")
	}
}

// killed ends the program with SIGKILL and starts it again over the same data.
func (s *studio) killed() {
	s.Helper()
	s.must(s.program.Kill(syscall.SIGKILL))
	_, err := s.display.xdotool("mouseup", "1")
	s.must(err)
	s.program, err = s.display.Start(s.home, *program, nil)
	s.must(err)
	s.window, err = s.program.Window("Nirvana", startLimit)
	s.must(err)
	s.away()
	s.rest()
}
