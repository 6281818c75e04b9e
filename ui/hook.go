package ui

import (
	"image"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// hook connects the canvas to the document.
func (w *Window) hook() {
	d := w.studio.Document
	w.canvas.Hooks = canvas.Hooks{
		Modifiers:  modifiers,
		FrameBegan: d.BeginFrame,
		FrameMoved: d.SetFrame,
		FrameEnded: d.EndFrame,
		FrameFit:   d.FitFrame,
		StrokeBegan: func(x, y float32, erase bool) image.Rectangle {
			w.pace = pace{}
			if w.studio.Settings.Paint.Select {
				return w.selectStroke(x, y, erase)
			}
			if w.studio.Settings.Paint.Colours() {
				if r, into := w.runPaint.begin(x, y, erase); into {
					return r
				}
				return w.strokeBegan(x, y, erase)
			}
			brush := w.studio.Scene().Brush(erase)
			if !brush.Scribble && w.nothingToMask() {
				return image.Rectangle{}
			}
			picture := d.Picture
			r := d.BeginStroke(brush, x, y)
			if s := w.canvas.Scene; s.Mask != d.Mask || s.Lines != d.Scribble || picture != d.Picture {
				w.hideMask = false
				w.showCanvas(app.ChangedMask) // it was not shown
			}
			return r
		},
		StrokeMoved: func(x, y float32) image.Rectangle {
			w.thin(x, y)
			if w.runPaint.wet() {
				return w.runPaint.sheet.To(x, y)
			}
			if d.Wet() != nil {
				w.studio.LiveTouched()
				return d.PaintTo(x, y)
			}
			return d.StrokeTo(x, y)
		},
		StrokeEnded: func() {
			if w.runPaint.wet() {
				w.runPaint.end()
				return
			}
			if d.Wet() != nil {
				w.strokeEnded()
				return
			}
			d.EndStroke()
		},
		Pulled:  w.pulled,
		Pointed: w.pointed,
		Selected: func(tool canvas.Tool, r image.Rectangle, add, remove bool) {
			if tool != canvas.ToolCrop && w.studio.Settings.Paint.Select {
				w.selectShape(tool, r, combine(add, remove, app.Replace))
				return
			}
			if tool != canvas.ToolCrop && w.studio.Settings.Paint.Colours() {
				w.shape(tool, r)
				return
			}
			if tool != canvas.ToolCrop && w.nothingToMask() {
				return
			}
			switch tool {
			case canvas.ToolRectangle:
				d.Rectangle(r, combine(add, remove, app.Add))
			case canvas.ToolEllipse:
				d.Ellipse(r, combine(add, remove, app.Add))
			case canvas.ToolCrop:
				w.cropTo(r)
				w.tools.choose(canvas.ToolFrame)
			}
		},
		Outlined: func(p [][2]float32, add, remove bool) {
			if w.studio.Settings.Paint.Select {
				w.selectOutlined(p, combine(add, remove, app.Replace))
				return
			}
			if w.studio.Settings.Paint.Colours() {
				w.outlined(p)
				return
			}
			if w.nothingToMask() {
				return
			}
			d.Polygon(p, combine(add, remove, app.Add))
		},
		Picked: func(p image.Point, add, remove bool) {
			if w.studio.Settings.Paint.Select {
				w.selectAlike(p, combine(add, remove, app.Replace))
				return
			}
			if w.studio.Settings.Paint.Colours() {
				w.fill(p)
				return
			}
			if w.nothingToMask() {
				return
			}
			d.Flood(p, w.studio.Settings.Tolerance, combine(add, remove, app.Add))
		},
		Zoomed: func(float64) {
			if w.status != nil {
				w.status.zoom()
				w.chip.refresh()
			}
		},
		Focused: func() { w.win.Canvas().Unfocus() },
		Acted:   w.mouseActed,
		Chosen:  w.chosen,
		Menu:    w.canvasMenu,
		Cropping: func(r image.Rectangle) {
			if w.chip != nil {
				w.tools.options.showCrop(r)
				w.chip.refresh()
			}
		},
		Probed: func(x, y float64) bool { return w.xray != nil && w.studio.XRay.On && w.xray.probed(x, y) },
		Divider: func(share float64) {
			w.tray.divider = share
			w.showCanvas(app.ChangedTray)
		},
	}
}

// nothingToMask reports whether there is no picture for a mask, and says so: a tool that does nothing would seem broken.
// While regions are made, what is masked is their place, which needs no picture.
func (w *Window) nothingToMask() bool {
	if w.studio.Document.Picture != nil || w.studio.Tray.Current() != nil {
		return false
	}
	if w.panel.regions.fold.body.Visible() {
		w.panel.regions.sheet()
		return false
	}
	w.studio.Tell(&app.Notice{Headline: say("There is no picture to mask yet"), Advice: say("The tools paint the mask: the part of a picture that is painted anew. On an empty canvas they can paint colour."),
		Action: say("Paint colour"), Do: func() {
			w.studio.Dismiss()
			w.togglePaint()
		}})
	return true
}

// cropTo crops to a rectangle of what is shown; a candidate that is shown is kept first, since it is what is cropped.
func (w *Window) cropTo(r image.Rectangle) {
	if t := w.studio.Tray; t.Current() != nil && !t.Comparing {
		r = r.Sub(w.canvas.Scene.At)
		t.Keep()
	}
	w.studio.Document.Crop(r)
}

// combine is how Shift and Alt combine what is outlined with what is there; usually is without a key.
func combine(add, remove bool, usually app.Combine) app.Combine {
	switch {
	case remove:
		return app.Subtract
	case add:
		return app.Add
	}
	return usually
}
