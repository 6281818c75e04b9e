//go:build window

package drive

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nirvana/app/recipe"
)

// TestWindowTime pauses a run, steers it, paints into it, branches from it, quits in the midst of the branch, starts again, goes
// on, and makes what came of it again from its recipe: identical, step for step.
func TestWindowTime(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s := openAt(t, home, image.Pt(1440, 900), nil)
	s.resize(image.Pt(1440, 900))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.must(s.display.Hover(s.timeline(0.2)))
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(2, runLimit))
	s.must(s.display.Press("ctrl+t", "space"))
	s.must(s.watch().UntilStill(time.Second, runLimit))
	if done, err := s.ready(); err != nil || done {
		t.Fatal("it was not paused, or too late:", err)
	}
	s.must(s.display.Drag(guidanceAt(s, 0.3), guidanceAt(s, 0.5)))
	s.must(s.display.Press("q", "b"))
	s.settle()
	before := s.part()
	s.must(s.display.Drag(s.at(480, 500), s.at(560, 300), s.at(640, 480)))
	s.settle()
	s.state("time-1-painted")
	if s.same(before) {
		t.Error("nothing is seen of what was painted into the paused run")
	}
	s.must(s.display.Hover(s.timeline(0.2)))
	s.stands(s.window.Bounds) // the window takes the pointer's moves frame by frame
	s.must(s.display.Press("space"))
	s.must(eventually(runLimit, s.ready))
	s.settle()
	s.state("time-2-done")

	s.must(s.display.Drag(s.timeline(0.9), s.timeline(0.75), s.timeline(0.7)))
	s.must(s.display.Click(guidanceAt(s, 0.1)))
	s.settle()
	watch = s.watch()
	s.must(s.display.Click(branchButton(s)))
	s.must(watch.UntilChanges(2, runLimit))
	s.must(s.display.Press("ctrl+q"))
	s.must(eventually(startLimit, func() (bool, error) { return !s.program.Alive(), nil }))
	s.must(s.program.Close())

	s = openAt(t, home, image.Pt(1440, 900), nil)
	s.resize(image.Pt(1440, 900))
	s.rest()
	s.state("time-3-started-again")
	if n := len(s.recipes()); n != 1 {
		t.Fatalf("%d pictures are there before the branch is finished", n)
	}
	resumed := func() (bool, error) { return len(s.recipes()) == 2, nil }
	s.must(s.display.Click(resumeButton(s)))
	s.must(eventually(runLimit, resumed))
	s.settle()
	s.state("time-4-gone-on")
	s.again()
	s.must(eventually(runLimit, func() (bool, error) { return len(s.recipes()) == 3, nil }))
	s.must(eventually(runLimit, s.ready))
	s.settle()
	s.state("time-5-again")
	all := s.recipes()
	if a, b := all[1], all[2]; len(a.Hashes) < 20 || !slices.Equal(a.Hashes, b.Hashes) || len(a.Changes) != 2 || len(a.Changes[0].Strokes) != 1 || a.Changes[0].Guidance == nil {
		t.Errorf("what was gone on with after the restart and what its recipe makes: %d and %d steps, told of %d and %d changes, identical: %v",
			len(a.Hashes), len(b.Hashes), len(a.Changes), len(b.Changes), slices.Equal(a.Hashes, b.Hashes))
	}
	if a := all[0]; slices.Equal(a.Hashes, all[1].Hashes) {
		t.Error("the branch is its parent")
	}
}

// recipes are those of the pictures in the data folder, the oldest first.
func (s *studio) recipes() (out []recipe.Recipe) {
	files, _ := filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
	slices.SortFunc(files, func(a, b string) int { return when(a).Compare(when(b)) })
	for _, f := range files {
		data, err := os.ReadFile(f)
		s.must(err)
		r, err := recipe.Extract(data)
		s.must(err)
		out = append(out, r)
	}
	return out
}

func when(path string) time.Time {
	if info, err := os.Stat(path); err == nil {
		return info.ModTime()
	}
	return time.Time{}
}

// resumeButton is that of the notice over the canvas.
func resumeButton(s *studio) image.Point { return s.at(1037, 104) }
