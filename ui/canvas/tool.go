package canvas

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Tool is what the pointer does.
type Tool int

const (
	ToolFrame Tool = iota // moves and resizes the frame
	ToolHand              // pans
	ToolZoom              // zooms in; with Alt, out
	ToolBrush             // paints the mask
	ToolEraser
	ToolRectangle // selects a part of the mask
	ToolEllipse
	ToolLasso
	ToolPolygon
	ToolWand
	ToolCrop
	ToolLine // these paint colour only, except for the line, which paints the mask too
	ToolGradient
	ToolText
	ToolPicker
	ToolMove // moves the selected layer
)

// SetTool sets what the pointer does.
func (v *View) SetTool(t Tool) {
	v.Cancel()
	v.tool = t
	v.Scene.Hot = t == ToolFrame
	v.Scene.CropAt = image.Rectangle{}
	if p := v.Scene.Picture; t == ToolCrop && p != nil {
		v.Scene.CropAt = p.Rect.Add(v.Scene.At)
	}
	v.cropping()
	v.placeRing()
	v.Redraw()
}

// TappedSecondary shows the canvas' menu.
func (v *View) TappedSecondary(e *fyne.PointEvent) {
	if v.Hooks.Menu != nil && v.drag.what == dragNone && !v.Drawing() {
		v.Hooks.Menu(e.AbsolutePosition)
	}
}

// Tool is the present one.
func (v *View) Tool() Tool { return v.tool }

// SetBrush sets the brush's diameter in document px.
func (v *View) SetBrush(size float32) {
	v.brush = size
	v.placeRing()
}

// SetSpace sets whether the space bar is held.
func (v *View) SetSpace(held bool) { v.space = held }

// Cursor is the pointer's form.
func (v *View) Cursor() desktop.Cursor {
	if v.Scene.Table.Shown() {
		return desktop.PointerCursor
	}
	if v.over && v.dropper[0] != nil && v.picking() {
		return desktop.HiddenCursor // the eyedropper's tip shows the position
	}
	switch v.tool {
	case ToolBrush, ToolEraser:
		if v.over && v.brush*float32(v.view.Zoom) >= 6 {
			return desktop.HiddenCursor // the ring shows the position
		}
		return desktop.CrosshairCursor
	case ToolText:
		return desktop.TextCursor
	case ToolRectangle, ToolEllipse, ToolLasso, ToolPolygon, ToolWand, ToolCrop, ToolLine, ToolGradient, ToolPicker:
		return desktop.CrosshairCursor
	case ToolHand, ToolZoom:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// SetInk sets the colour that tools paint; nil: they paint the mask. The outline of the brush shows it.
func (v *View) SetInk(c *color.NRGBA) {
	v.ink = c
	outer, inner, wide := color.NRGBA{0, 0, 0, 170}, color.NRGBA{255, 255, 255, 230}, float32(1)
	if c != nil {
		inner, wide = *c, 3
		if 3*int(c.R)+6*int(c.G)+int(c.B) < 1280 { // a dark ring would be invisible on dark paint without a light one around it
			outer = color.NRGBA{255, 255, 255, 230}
		}
	}
	for i, want := range [2]color.NRGBA{outer, inner} {
		if v.ring[i].StrokeColor != want || i == 1 && v.ring[i].StrokeWidth != wide {
			v.ring[i].StrokeColor = want
			if i == 1 {
				v.ring[i].StrokeWidth = wide
			}
			v.ring[i].Refresh()
		}
	}
}
