//go:build window

package drive

import (
	"image"
	"os"
	"path/filepath"
	"testing"
)

// TestWindowAgain uses a picture of the history again by its menu: its seed, everything of it, and made once more, which
// tells that it came out the same. Then Escape closes the large history while its list has the keyboard.
func TestWindowAgain(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	heart := s.part()
	prompt, steps, seed := image.Rect(975, 70, 1200, 130), image.Rect(1214, 333, 1264, 358), image.Rect(1062, 447, 1194, 470)
	s.must(s.display.Click(s.at(60, 400)))
	s.settle()
	was := map[string][]byte{"prompt": s.show(prompt), "steps": s.show(steps), "seed": s.show(seed)}
	s.must(s.display.Click(s.at(trayPlaces["steps"].X, trayPlaces["steps"].Y)))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("9\t"))
	s.must(s.display.Click(s.at(trayPlaces["prompt"].X, trayPlaces["prompt"].Y)))
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type("a blue cat"))
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })

	older := image.Pt(680, 726) // beside two candidates
	from := func(n int) {
		t.Helper()
		s.rightClick(older)
		s.must(s.display.Press(menu(n)...))
		s.must(s.display.Click(s.at(60, 400)))
		s.settle()
	}
	same := func(what string, r image.Rectangle) bool { return far(s.show(r), was[what]) < 0.5 }
	if same("seed", seed) || same("steps", steps) || same("prompt", prompt) {
		t.Fatal("the second picture has the first one's settings")
	}
	from(4)
	s.state("again-1-seed")
	if !same("seed", seed) || same("steps", steps) {
		t.Error("its seed was not taken, or more than that")
	}
	from(5)
	s.state("again-2-everything")
	if !same("seed", seed) || !same("steps", steps) || !same("prompt", prompt) {
		t.Error("not everything was taken")
	}
	pictures := func() int { files, _ := os.ReadDir(filepath.Join(s.home, "pictures")); return len(files) }
	before := pictures()
	from(6)
	s.must(eventually(runLimit, func() (bool, error) { return pictures() > before, nil }))
	s.must(eventually(runLimit, s.ready))
	s.settle()
	strip := image.Rect(62, 36, 900, 60)
	told := s.show(strip)
	s.must(s.display.Click(s.at(928, 66)))
	if err := eventually(runLimit, func() (bool, error) { return far(s.show(strip), told) > 1, nil }); err != nil {
		t.Fatal("nothing is told of the picture that was made again:", err)
	}
	s.state("again-3-verdict")
	s.settle()
	if !s.same(heart) {
		t.Error("the picture that was made again is another")
	}

	canvas := s.show(image.Rect(50, 30, 950, 640))
	s.appears(func() { s.must(s.display.Click(s.at(590, 705))) })
	s.must(s.display.Click(s.at(900, 600))) // the list, beside its pictures
	s.must(s.display.Press("Tab", "Tab", "Tab"))
	s.state("again-4-large")
	if far(s.show(image.Rect(50, 30, 950, 640)), canvas) < 1 {
		t.Error("the large history is not shown")
	}
	s.must(s.display.Press("Escape"))
	s.settle()
	if far(s.show(image.Rect(50, 30, 950, 640)), canvas) > 0.5 {
		t.Error("Escape does not close the large history")
	}
}
