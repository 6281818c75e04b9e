//go:build window

package drive

import (
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/recipe"
)

// doubted puts a picture into the history whose recipe says of its second step something else than what comes out, as
// one from another machine may.
func doubted(t *testing.T, home string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.png")
	if said, err := exec.Command(*program, "generate", "--prompt", "a red heart", "--steps", "3", "--seed", "5", "--out", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Extract(data)
	if err != nil || len(r.Hashes) != 4 {
		t.Fatal(r.Hashes, err)
	}
	r.Hashes[2] = r.Hashes[0]
	if data, err = recipe.Embed(data, r); err == nil {
		err = os.WriteFile(filepath.Join(home, "pictures", "doubted.png"), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWindowShelf makes a picture of the history again that does not come out the same, which is told with the step; then
// it picks several in the large list, exports them twice, deletes them and takes that back.
func TestWindowShelf(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	manyPictures(t, home, 5)
	doubted(t, home)
	s := openAt(t, home, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(eventually(startLimit, s.ready))
	pick := func(at image.Point, n int) {
		t.Helper()
		s.rightClick(at)
		s.must(s.display.Press(menu(n)...))
	}
	s.made(func() { pick(image.Pt(372, 726), 6) })
	strip := image.Rect(62, 36, 900, 60)
	told := s.show(strip)
	s.state("shelf-2-differs")
	s.must(s.display.Click(s.at(928, 66))) // takes the notice away
	if err := eventually(runLimit, func() (bool, error) { return far(s.show(strip), told) > 1, nil }); err != nil {
		t.Fatal("nothing is told of the picture that was made again:", err)
	}
	s.settle()

	s.appears(func() { s.must(s.display.Click(s.at(408, 705))) }) // all pictures, large
	s.settle()
	list := image.Rect(12, 140, 940, 345) // below the notice
	all := s.show(list)
	_, err := s.display.xdotool("keydown", "ctrl")
	s.must(err)
	for _, x := range []int{219, 359, 499} {
		s.must(s.display.Click(s.at(x, 133)))
	}
	_, err = s.display.xdotool("keyup", "ctrl")
	s.must(err)
	s.settle()
	s.state("shelf-3-selected")
	folder := filepath.Join(home, "out")
	s.must(os.Mkdir(folder, 0o755))
	for n := 1; n <= 2; n++ { // the second time beside the first
		pick(image.Pt(359, 133), 8)
		dialog, err := s.program.Window("Choose a folder", 20*time.Second)
		s.must(err)
		s.stands(dialog.Bounds)     // its list has the keyboard
		s.must(s.display.Type("/")) // opens the field for a path
		s.stands(dialog.Bounds)
		s.must(s.display.Press("ctrl+a"))
		s.must(s.display.Type(folder))
		s.state("shelf-4-dialog")
		s.must(s.display.Press("Return"))
		s.must(eventually(20*time.Second, func() (bool, error) {
			files, err := filepath.Glob(filepath.Join(folder, "*.png"))
			return len(files) == 3*n, err
		}))
		_, err = s.program.Window("Nirvana", 20*time.Second)
		s.must(err)
		s.settle()
		s.state("shelf-5-exported")
	}
	s.must(s.display.Click(s.at(899, 47))) // deletes them
	s.settle()
	s.state("shelf-6-deleted")
	if far(s.show(list), all) < 1 {
		t.Error("nothing was deleted")
	}
	s.must(s.display.Click(s.at(878, 107))) // Undo
	s.settle()
	s.state("shelf-7-back")
	if far(s.show(list), all) > 0.5 {
		t.Error("what was deleted did not come back")
	}
}
