package ui

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
	"nirvana/engine"
	"nirvana/ui/canvas"
)

// showCanvas updates the scene and draws it.
func (w *Window) showCanvas(c app.Change) {
	d, s := w.studio.Document, &w.canvas.Scene
	t := w.studio.Settings
	before := s.Area()
	s.RepeatX, s.RepeatY = w.repeats()
	s.Picture, s.At = d.Picture, image.Point{}
	s.Before = nil
	if picture, corner := w.studio.Shown(); picture != nil {
		s.Picture, s.At = picture, image.Point{}.Sub(corner)
	}
	if c := w.studio.Tray.Current(); c != nil && d.Picture == nil && !w.studio.Tray.Comparing {
		s.At = c.Frame.Min
	}
	if w.tray.dividing && d.Picture != nil && w.studio.Tray.Current() != nil {
		s.Before, s.Divider, s.BeforeAt = d.Picture, w.tray.divider, d.Picture.Rect
		if c := w.studio.Tray.Current(); s.Picture == c.Picture { // it replaces the whole document, enlarged
			s.BeforeAt = s.Picture.Rect.Add(s.At)
		}
	}
	s.Frame, s.Multiple, s.Light = d.Frame, w.studio.Multiple(), w.light()
	s.MaskColour, s.MaskOpacity, s.Accent = w.contrasting(t.MaskColor, s.Picture), t.MaskOpacity, accent
	live, at, mask, cells := s.Live, s.LiveAt, s.Mask, s.Table
	s.Live, s.LiveAt, s.LiveMask = w.liveStep()
	if p := d.Picture; p != nil && s.CropAt.Empty() && w.canvas.Tool() == canvas.ToolCrop {
		w.canvas.SetTool(canvas.ToolCrop) // there is a picture to crop now
	}
	s.Mask, s.Lines = nil, nil
	if c&(app.ChangedMask|app.ChangedSelection) != 0 {
		w.canvas.MaskChanged()
	}
	if w.showsPaint(c, s.Live != nil) {
		s.Mask = d.Mask
		if w.studio.Settings.FollowsScribble(w.studio.Facts) {
			s.Lines, s.LineColour = d.Scribble, lineColor
		}
	}
	s.Selection = w.selection(c)
	s.Regions = w.panel.regions.outlines()
	s.Table = w.table()
	beside := s.Beside
	s.Beside, s.BesideAt = w.besideLive()
	w.canvas.SetBrush(t.BrushSize)
	w.canvas.SetInk(w.inkShown())
	if (w.canvas.Cover(w.barsHeight()) || s.Area() != before) && w.canvas.Fitting() && !w.canvas.PullingFrame() {
		w.canvas.Fit()
		return
	}
	const seen = app.ChangedPicture | app.ChangedMask | app.ChangedFrame | app.ChangedStep | app.ChangedTray | app.ChangedRun | app.ChangedSettings | app.ChangedLayers | app.ChangedSelection
	switch {
	case c == app.ChangedStep && (live != nil) == (s.Live != nil) && at == s.LiveAt && mask == s.Mask && beside == s.Beside && sameCells(cells, s.Table):
		w.canvas.RedrawLive()
	case c&seen != 0:
		w.canvas.Redraw()
	}
}

// barsHeight is how much of the canvas lies under bars: those of a view, with the tool's above them. A notice, which goes
// again, does not move the picture.
func (w *Window) barsHeight() (high float32) {
	if !w.forward.box.Visible() && !w.xray.box.Visible() {
		return 0
	}
	for _, bar := range []fyne.CanvasObject{w.tools.options.box, w.runPaint.box, w.forward.box, w.xray.box} {
		if bar.Visible() {
			high += bar.MinSize().Height + theme.Padding()
		}
	}
	return high
}

// sameCells reports whether two tables differ only in the step under way.
func sameCells(a, b canvas.Table) bool {
	return a.Size == b.Size && slices.EqualFunc(a.Cells, b.Cells, func(x, y canvas.Cell) bool {
		return x == y || x.Live && y.Live && x.Chosen == y.Chosen
	})
}

// showsPaint reports whether mask and scribble are shown: not over a result, which they would hide. Painting shows
// them until another result is selected.
func (w *Window) showsPaint(c app.Change, live bool) bool {
	result := w.studio.Tray.Current()
	if c&app.ChangedMask != 0 {
		w.masked = result
	}
	return !(w.hideMask || live && !w.canvas.Painting() || result != nil && w.masked != result && !w.studio.Tray.Comparing)
}

// letGo returns to the result when another candidate is selected than the one whose step is shown.
func (w *Window) letGo() {
	r := w.studio.Path()
	if was := w.path; was != nil && was != r && !was.Following() {
		was.Show(-1)
	}
	w.path = r
}

// liveStep is what is drawn over the canvas, where, and which part is new: the run's step while it is under way, or a
// step that the timeline shows.
func (w *Window) liveStep() (*image.RGBA, image.Rectangle, *image.Gray) {
	if n := w.studio.Noised; n != nil && n.Ready {
		return n.Step.Noisy(0), n.Frame, nil
	}
	if img, at := w.enlarging(); img != nil {
		return img, at, nil
	}
	r := w.studio.Path()
	step, _, ok := r.Shown()
	if img := w.xray.picture(r, step); ok && img != nil {
		return img, w.xray.frame(r), nil
	}
	if !ok || step.X.Data == nil || r.Following() && (!r.Coming() || w.studio.Tray.Held) {
		return nil, image.Rectangle{}, nil
	}
	if sheet := w.runPaint.over(); sheet != nil && r == w.runPaint.run {
		return sheet.Seen(), r.Frame, r.Painted()
	}
	if p := w.studio.Document.Picture; r.Replaces() && p != nil { // larger than the picture: shown at its position
		return w.picture(step), p.Rect, nil
	}
	return w.picture(step), r.Frame, r.Painted()
}

// picture shows a step: its noise, or the x_0 that the model predicts.
func (w *Window) picture(step engine.Step) *image.RGBA {
	switch {
	case w.timeline.noisy():
		return step.Noisy(0)
	case step.Pictures != nil:
		return step.Pictures[0]
	}
	return step.Predicted(0)
}
