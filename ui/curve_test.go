package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"nirvana/app"
)

// Dragging points and edges of the curves changes what runs are asked for; the guidance's slider makes it one number again, and Undo
// takes a whole drag back.
func TestCurves(t *testing.T) {
	w := window(t, Options{})
	w.win.Resize(fyne.NewSize(1280, 800))
	f, s := w.panel.curves, w.studio
	f.guided.SetChecked(true)
	w.refresh(app.ChangedSettings)
	if got := s.Settings.GuidanceCurve; len(got) != curvePoints || got[0] != s.Settings.Guidance {
		t.Fatalf("it begins as %v", got)
	}
	g := f.guidance
	g.Resize(fyne.NewSize(216, curveHeight))
	drag := func(c *curveEdit, from, to fyne.Position) {
		c.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: from}, Button: desktop.MouseButtonPrimary})
		c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}})
		c.DragEnd()
		w.refresh(app.ChangedSettings)
	}
	drag(g, fyne.NewPos(g.x(1), 50), fyne.NewPos(g.x(1), g.y(3)))
	drag(g, fyne.NewPos(g.x(0.5), 50), fyne.NewPos(g.x(0.5), -50))
	if got := s.Settings.Request().GuidanceCurve; got[6] < 2.9 || got[6] > 3.1 || got[3] != 15 || got[0] != s.Settings.Guidance {
		t.Errorf("a run is asked for %v", got)
	}
	if got := f.told.all; !strings.HasPrefix(got, "2.9 - 15.0 ") { // the range, not the two ends
		t.Errorf("it says %q", got)
	}
	drag(g, fyne.NewPos(g.x(1), 8), fyne.NewPos(g.x(0.8), 8))
	drag(g, fyne.NewPos(g.x(0), 8), fyne.NewPos(g.x(0.25), 8))
	if q := s.Settings.Request(); q.GuidanceFrom != 0.25 || q.GuidanceUntil != 0.8 {
		t.Errorf("it acts from %g to %g", q.GuidanceFrom, q.GuidanceUntil)
	}
	f.noised.SetChecked(true)
	w.refresh(app.ChangedSettings)
	f.noise.Resize(fyne.NewSize(216, curveHeight))
	drag(f.noise, fyne.NewPos(f.noise.x(1), 20), fyne.NewPos(f.noise.x(1), curveHeight))
	if got := s.Settings.Request().NoiseCurve; got != "1,1,1,1,1,1,0" {
		t.Errorf("the noise is %q", got)
	}
	s.Undo()
	if got := s.Settings.NoiseCurve; got != "" && got != "1,1,1,1,1,1,1" {
		t.Errorf("undone it is %q", got)
	}
	w.refresh(app.ChangedSettings)
	was := slices.Clone(s.Settings.GuidanceCurve)
	w.panel.guidance.take(5)
	if t2 := s.Settings; t2.GuidanceCurve != nil || t2.GuidanceFrom != 0 || t2.GuidanceUntil != 0 || t2.Guidance != 5 {
		t.Errorf("the slider leaves %v", t2.GuidanceCurve)
	}
	s.Undo()
	if !slices.Equal(s.Settings.GuidanceCurve, was) {
		t.Errorf("undone it is %v", s.Settings.GuidanceCurve)
	}
}
