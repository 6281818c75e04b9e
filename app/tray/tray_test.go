package tray

import (
	"fmt"
	"slices"
	"testing"
)

func TestSeamShows(t *testing.T) {
	for seam, want := range map[float64]bool{0: false, 0.7: false, 1: false, 1.0049: false, 1.0051: true, 1.4: true} {
		c := Candidate{Seam: seam}
		if c.SeamShows() != want || (fmt.Sprintf("%.2f", seam) > "1.00") != want {
			t.Errorf("a seam of %v: %v, told as %.2f", seam, c.SeamShows(), seam)
		}
	}
}

// What a run that went on has come to once more, after the same steps, is there once, in the place of the newest.
func TestAddAgain(t *testing.T) {
	tray := New(Hooks{Changed: func(bool) {}, Active: func() bool { return true }})
	result := func(run int, trajectory string, partial bool) *Candidate {
		c := &Candidate{Run: run, Partial: partial}
		c.Recipe.Trajectory = trajectory
		return c
	}
	first, second, other := result(1, "a", true), result(1, "b", true), result(2, "a", true)
	for _, c := range []*Candidate{first, second, other} {
		tray.Add(c)
	}
	tray.Select(1) // and holds it
	again := result(1, "a", true)
	if tray.Add(again); !slices.Equal(tray.Candidates, []*Candidate{second, other, again}) || tray.Current() != second {
		t.Errorf("%d candidates, the selected one is another: %v", len(tray.Candidates), tray.Current() != second)
	}
	tray.Select(2)
	newest := result(1, "a", true)
	if tray.Add(newest); len(tray.Candidates) != 3 || tray.Current() != newest {
		t.Errorf("%d candidates, the selected one is gone", len(tray.Candidates))
	}
	for _, c := range []*Candidate{result(1, "a", false), result(1, "", true), result(1, "", true)} { // finished, and of unknown steps
		tray.Add(c)
	}
	if len(tray.Candidates) != 6 {
		t.Errorf("%d candidates", len(tray.Candidates))
	}
}
