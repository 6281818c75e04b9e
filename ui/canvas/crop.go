package canvas

import (
	"image"
	"image/color"
	"math"
)

// The crop is a rectangle with handles that stays until it is applied or cancelled: resized at its handles, moved
// inside, drawn again outside.

// beginCrop handles a press of the primary button at a point of the document.
func (v *View) beginCrop(d *drag) {
	d.what = dragShape
	if at := v.Scene.CropAt; !at.Empty() {
		handle, inside := v.grabOf(at, d.press[0], d.press[1])
		whole := v.Scene.Picture != nil && at == v.Scene.Picture.Rect.Add(v.Scene.At)
		switch {
		case handle >= 0:
			d.what, d.handle, d.frame = dragCropHandle, handle, at
		case inside && !whole: // the whole is cropped: a part is drawn
			d.what, d.frame = dragCrop, at
		}
	}
}

// setCrop shows a rectangle of the document as the crop.
func (v *View) setCrop(r image.Rectangle) {
	if r.Empty() || r == v.Scene.CropAt {
		return
	}
	v.Scene.CropAt = r
	v.Redraw()
	v.cropping()
}

func (v *View) cropping() {
	if v.Hooks.Cropping != nil {
		v.Hooks.Cropping(v.Scene.CropAt)
	}
}

// Crop is the rectangle of the document that would remain; empty where none is set.
func (v *View) Crop() image.Rectangle { return v.Scene.CropAt }

// SetCropSize gives the crop a size, keeping its centre.
func (v *View) SetCropSize(w, h int) {
	at := v.Scene.CropAt
	if at.Empty() || w < 1 || h < 1 {
		return
	}
	corner := image.Pt(at.Min.X+(at.Dx()-w)/2, at.Min.Y+(at.Dy()-h)/2)
	if p := v.Scene.Picture; p != nil { // inside the picture, where it fits
		all := p.Rect.Add(v.Scene.At)
		corner.X = min(max(corner.X, all.Min.X), max(all.Max.X-w, all.Min.X))
		corner.Y = min(max(corner.Y, all.Min.Y), max(all.Max.Y-h, all.Min.Y))
	}
	v.setCrop(image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))})
}

// ApplyCrop applies the crop; false where none is set.
func (v *View) ApplyCrop() bool {
	r := v.Scene.CropAt
	if r.Empty() || v.tool != ToolCrop {
		return false
	}
	v.Scene.CropAt = image.Rectangle{}
	v.cropping()
	if v.Hooks.Selected != nil {
		v.Hooks.Selected(ToolCrop, r, false, false)
	}
	return true
}

// CropOnScreen is the crop's rectangle, in units of Fyne from the widget's corner.
func (v *View) CropOnScreen() (x, y, w, h float32) {
	r, k := v.view.ToScreen(v.Scene.CropAt), float32(v.scale())
	return float32(r.Min.X) / k, float32(r.Min.Y) / k, float32(r.Dx()) / k, float32(r.Dy()) / k
}

// crop dims what would be removed, and draws the rectangle with thirds and handles.
func crop(dst *image.RGBA, r image.Rectangle, scale float64) {
	dim := color.NRGBA{0, 0, 0, 150}
	all := dst.Rect
	fill(dst, image.Rect(all.Min.X, all.Min.Y, all.Max.X, min(r.Min.Y, all.Max.Y)), dim)
	fill(dst, image.Rect(all.Min.X, max(r.Max.Y, all.Min.Y), all.Max.X, all.Max.Y), dim)
	middle := image.Rect(all.Min.X, max(r.Min.Y, all.Min.Y), all.Max.X, min(r.Max.Y, all.Max.Y))
	if middle.Min.Y < middle.Max.Y {
		fill(dst, image.Rectangle{Min: middle.Min, Max: image.Pt(min(r.Min.X, all.Max.X), middle.Max.Y)}, dim)
		fill(dst, image.Rectangle{Min: image.Pt(max(r.Max.X, all.Min.X), middle.Min.Y), Max: middle.Max}, dim)
	}
	outline(dst, r.Inset(-1), color.NRGBA{0, 0, 0, 160})
	outline(dst, r, color.NRGBA{255, 255, 255, 255})
	thin := color.NRGBA{255, 255, 255, 70}
	for i := 1; i < 3; i++ {
		x, y := r.Min.X+r.Dx()*i/3, r.Min.Y+r.Dy()*i/3
		fill(dst, image.Rect(x, r.Min.Y, x+1, r.Max.Y), thin)
		fill(dst, image.Rect(r.Min.X, y, r.Max.X, y+1), thin)
	}
	handles(dst, r, scale)
}

// handles draws the eight of a rectangle.
func handles(dst *image.RGBA, r image.Rectangle, scale float64) {
	side := int(math.Round(HandleSide * scale))
	for _, p := range Handles(r) {
		h := image.Rect(p.X-side/2, p.Y-side/2, p.X+side-side/2, p.Y+side-side/2)
		fill(dst, h.Inset(-1), color.NRGBA{0, 0, 0, 160})
		fill(dst, h, color.NRGBA{255, 255, 255, 255})
	}
}
