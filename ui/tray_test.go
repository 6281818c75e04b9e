package ui

import (
	"image"
	"testing"

	"nirvana/app"
)

// What was stopped before its last step, by a search or by the artist, is dimmed, and its tip says where; what was finished is neither,
// and each keeps its mark when others come and go.
func TestStoppedCandidatesAreMarked(t *testing.T) {
	w := window(t, Options{})
	s := w.studio.Tray
	of := func(at []int, partial bool) *app.Candidate {
		return &app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 8, 8)), Frame: image.Rect(0, 0, 8, 8), Partial: partial, Recipe: app.Recipe{Unfinished: at}}
	}
	all := []*app.Candidate{of([]int{6, 25}, true), of(nil, true), of(nil, false)}
	tips := []string{"Stopped at step 6 of 25", "Stopped", ""}
	for first := range all {
		s.Candidates, s.Selected = all[first:], 0
		w.refresh(app.ChangedTray)
		for i, th := range w.tray.thumbs {
			if th.text() != tips[first+i] || (th.img.Translucency > 0) != all[first+i].Partial {
				t.Errorf("the %d. of %d is see-through by %v, its tip is %q, want %q", i+1, len(all)-first, th.img.Translucency, th.text(), tips[first+i])
			}
		}
	}
}

// "Fix the seam" is offered, at the number and in the menu, only where the seam shows.
func TestFixSeamIsOfferedWhereItShows(t *testing.T) {
	w := window(t, Options{})
	s := w.studio.Tray
	seams := []float64{0, 0.62, 1, 1.004, 1.01, 2.5}
	for _, seam := range seams {
		s.Candidates = append(s.Candidates, &app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 8, 8)), Frame: image.Rect(0, 0, 8, 8), Seam: seam})
	}
	if w.showMenu(); !w.fixItem.Disabled {
		t.Error("without a candidate the menu offers it")
	}
	for i, seam := range seams {
		s.Selected = i
		w.refresh(app.ChangedTray)
		told := w.tray.seam.Text != ""
		if shows := seam > 1.005; w.tray.fix.Visible() != shows || w.fixItem.Disabled == shows || told != (seam > 0) {
			t.Errorf("seam %v: button %v, menu %v, number %q", seam, w.tray.fix.Visible(), !w.fixItem.Disabled, w.tray.seam.Text)
		}
	}
	s.Candidates, s.Selected = nil, -1
	w.refresh(app.ChangedTray)
	if !w.fixItem.Disabled {
		t.Error("the menu still offers it")
	}
}
