package ui

import (
	"slices"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// The table shows the pictures of a run side by side over the canvas while they are made and after: a click, or
// arrows and Enter, shows one alone. It opens by itself with a run of several pictures; G shows and hides it.

// tableRun is the run in the table, nil where it shows the tray's candidates.
func (w *Window) tableRun() *app.Run {
	r := w.studio.Run()
	if r.Coming() && (r.Count > 1 || len(r.Grid) > 1) {
		return r
	}
	return nil
}

// showTable reports whether there are pictures to show side by side, and nothing else is looked at.
func (w *Window) showTable() bool {
	s := w.studio
	if !w.sideBySide || s.Noised != nil || s.Tray.Comparing || w.tray.dividing || w.canvas.Painting() {
		return false
	}
	if r := w.tableRun(); r != nil {
		return r.Following()
	}
	return len(s.Tray.Candidates) > 1 && (s.Path() == nil || s.Path().Following()) && !s.Run().Coming()
}

// table is the pictures side by side; no cells where there are none.
func (w *Window) table() canvas.Table {
	if !w.showTable() {
		w.tabled = nil
		return canvas.Table{}
	}
	tray := w.studio.Tray
	if r := w.tableRun(); r != nil {
		return w.runTable(r)
	}
	w.tabled = tray.Siblings()
	t := canvas.Table{Size: w.tabled[0].Frame.Size()}
	for _, c := range w.tabled {
		t.Cells = append(t.Cells, canvas.Cell{Picture: c.Picture, Chosen: c == tray.Current()})
	}
	return t
}

// runTable has a cell for each of a run's pictures: finished, under way or to come.
func (w *Window) runTable(r *app.Run) canvas.Table {
	if len(r.Grid) > 1 {
		return w.gridTable(r)
	}
	t := canvas.Table{Size: r.Frame.Size(), Cells: make([]canvas.Cell, r.Count)}
	w.tabled = make([]*app.Candidate, r.Count)
	if step, _, ok := r.Shown(); ok {
		live := canvas.Cell{Live: true, Picture: w.picture(step)}
		t.Cells[min(r.Index, r.Count-1)] = live
	}
	for _, c := range w.studio.Tray.Candidates {
		if c.Run == r.ID && c.Number < r.Count {
			w.tabled[c.Number] = c
			t.Cells[c.Number] = canvas.Cell{Picture: c.Picture, Chosen: w.studio.Tray.Held && c == w.studio.Tray.Current()}
		}
	}
	return t
}

// chosen shows a cell's picture alone; for one under way or to come it shows the run.
func (w *Window) chosen(cell int) {
	w.sideBySide = false
	tray := w.studio.Tray
	tray.Release()
	if cell < len(w.tabled) && w.tabled[cell] != nil {
		tray.Select(slices.Index(tray.Candidates, w.tabled[cell]))
	}
	w.observe(app.ChangedTray | app.ChangedStep)
}

// toggleTable shows or hides it. Without pictures it waits for the next run.
func (w *Window) toggleTable() {
	w.sideBySide = !w.showTable()
	if w.sideBySide {
		w.tray.dividing = false
		if r := w.studio.Run(); r != nil {
			r.Show(-1)
		}
		w.studio.EndNoise()
	}
	w.observe(app.ChangedTray)
}

// beginTable shows the table when a run of several pictures has begun, and the canvas for one of one.
func (w *Window) beginTable() {
	switch r := w.studio.Run(); {
	case r.Active() && r.ID != w.tableOf:
		w.tableOf, w.sideBySide = r.ID, r.Count > 1 || r.Job.BestOf > 1
	case r != nil && !r.Coming() && r.ID == w.tableOf && len(r.Grid) > 1 && r.Count == 1: // the best one is shown in the frame
		w.tableOf, w.sideBySide = 0, false
	}
}

// hint says what to do with the table.
func (w *Window) tableHint() string {
	return sayf("%d pictures  ·  click one to see it large, G shows all again", len(w.canvas.Scene.Table.Cells))
}
