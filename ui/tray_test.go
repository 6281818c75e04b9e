package ui

import (
	"image"
	"testing"

	"nirvana/app"
)

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
