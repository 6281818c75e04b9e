//go:build window

package drive

import (
	"image"
	"slices"
	"testing"
)

// TestWindowMaskBranch masks part of a picture and goes on from a step of its path: the rest stays as it is, the canvas
// keeps its size when the branch comes and its lanes are only shown when they are asked for, and the recipe makes it
// again, identical.
func TestWindowMaskBranch(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1440, 900), nil)
	s.resize(image.Pt(1440, 900))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.must(s.display.Press("Return")) // keep it
	s.settle()
	s.must(s.display.Press("b"))
	s.must(s.display.Drag(s.at(400, 250), s.at(470, 330), s.at(400, 400)))
	s.settle()
	s.must(s.display.Drag(s.timeline(0.9), s.timeline(0.5), s.timeline(0.3)))
	s.settle()
	s.must(s.display.Drag(guidanceAt(s, 0.3), guidanceAt(s, 0.6)))
	s.settle()
	s.state("branch-1-masked")
	s.made(func() { s.must(s.display.Click(branchButton(s))) })
	s.state("branch-2-made")
	flat := s.part()
	s.must(s.display.Click(lanesButton(s)))
	s.settle()
	s.state("branch-3-lanes")
	s.must(s.display.Click(lanesButton(s).Sub(image.Pt(0, 21)))) // the lanes are below it now
	s.settle()
	if !s.same(flat) {
		t.Error("the lanes that were put away leave another canvas")
	}
	s.again()
	s.must(eventually(runLimit, func() (bool, error) { return len(s.recipes()) == 3, nil }))
	all := s.recipes()
	if c := all[1].Changes; len(c) != 1 || c[0].Mask == nil || c[0].Kept == nil || c[0].Kept.Parent == nil || c[0].Kept.Parent.Trajectory != all[0].Trajectory || c[0].Guidance == nil {
		t.Fatalf("the branch's recipe tells of %+v", c)
	}
	if !slices.Equal(all[1].Hashes, all[2].Hashes) || slices.Equal(all[0].Hashes, all[1].Hashes) {
		t.Error("made again of its recipe the branch is another, or it is its parent")
	}
}

// lanesButton is beside the timeline.
func lanesButton(s *studio) image.Point { return s.at(958, 764) }
