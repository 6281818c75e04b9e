package document

import (
	"image"
	"sync"

	"nirvana/engine/pixel"
)

// Combine is how a selection changes the existing mask.
type Combine int

const (
	Replace Combine = iota
	Add
	Subtract
)

// Rectangle, Ellipse and Polygon (and lasso: its points) select into the mask, anti-aliased.
func (d *Document) Rectangle(r image.Rectangle, how Combine) {
	d.selected("rectangle", how, func(b image.Rectangle) *image.Gray { return pixel.Rectangle(b, r) })
}

// Ellipse selects the ellipse inside r.
func (d *Document) Ellipse(r image.Rectangle, how Combine) {
	d.selected("ellipse", how, func(b image.Rectangle) *image.Gray { return pixel.Ellipse(b, r) })
}

// Polygon selects inside the points, x and y in picture pixels.
func (d *Document) Polygon(points [][2]float32, how Combine) {
	if len(points) < 3 {
		return
	}
	d.selected("lasso", how, func(b image.Rectangle) *image.Gray { return pixel.Polygon(b, points) })
}

// Flood selects the connected area around a point whose colour is within the tolerance, 0 to 255 per channel. It is
// computed in the background from the current picture, and combined there with the mask as it is when it is done; if the
// picture has another size by then, it is dropped.
func (d *Document) Flood(at image.Point, tolerance int, how Combine) {
	if !d.ready() {
		return
	}
	picture := d.Picture
	found := sync.OnceValue(func() *image.Gray { return pixel.Flood(picture, at, tolerance) })
	d.reshaped("flood select", func(mask *image.Gray) *image.Gray {
		if mask.Rect != picture.Rect {
			return nil
		}
		return how.combined(mask, found())
	})
}

// combined is a mask changed by a selection of the same size.
func (c Combine) combined(mask, selection *image.Gray) *image.Gray {
	switch c {
	case Add:
		return pixel.Either(mask, selection)
	case Subtract:
		return pixel.Without(mask, selection)
	}
	return selection
}

func (d *Document) selected(name string, how Combine, make func(image.Rectangle) *image.Gray) {
	if !d.ready() {
		return
	}
	d.SetMask(name, how.combined(d.Mask, make(d.Mask.Rect)))
}

// SetMask replaces the mask by one of the picture's size; what differs is one undo step.
func (d *Document) SetMask(name string, m *image.Gray) {
	defer d.hooks.Together()()
	d.EndStroke()
	if d.Picture == nil || m.Rect.Size() != d.Mask.Rect.Size() {
		return
	}
	e := &edit{name: name, frame: d.Frame}
	if e.maskTiles = put(d.Mask, m); len(e.maskTiles) > 0 {
		d.record(e)
		d.hooks.Changed(ChangedMask)
	}
}

// put overwrites a plane with another of its size, and returns the old contents of the tiles that differ.
func put(now, next *image.Gray) (was []tile) {
	for _, at := range tilesIn(now.Rect, now.Rect) {
		if !sameTile(now, next, at) {
			was = append(was, copyTile(now.Pix, now.Stride, 1, at))
		}
	}
	if was != nil {
		copy(now.Pix, next.Pix)
	}
	return was
}

func sameTile(a, b *image.Gray, at image.Rectangle) bool {
	for y := at.Min.Y; y < at.Max.Y; y++ {
		i := y*a.Stride + at.Min.X
		if string(a.Pix[i:i+at.Dx()]) != string(b.Pix[i:i+at.Dx()]) {
			return false
		}
	}
	return true
}

// altered replaces the mask by f of it.
func (d *Document) altered(name string, f func(*image.Gray) *image.Gray) {
	if d.ready() {
		d.SetMask(name, f(d.Mask))
	}
}

// Invert exchanges masked and kept.
func (d *Document) Invert() { d.altered("invert mask", pixel.Invert) }

// Clear empties the mask.
func (d *Document) Clear() {
	d.altered("clear mask", func(m *image.Gray) *image.Gray { return image.NewGray(m.Rect) })
}

// Fill masks everything.
func (d *Document) Fill() {
	d.altered("fill mask", func(m *image.Gray) *image.Gray { return pixel.Invert(image.NewGray(m.Rect)) })
}

// Grow and Shrink move the mask's edge by so many pixels.
func (d *Document) Grow(px int) {
	d.reshaped("grow mask", func(m *image.Gray) *image.Gray { return pixel.Grow(m, px) })
}

// Shrink moves it inwards.
func (d *Document) Shrink(px int) {
	d.reshaped("shrink mask", func(m *image.Gray) *image.Gray { return pixel.Grow(m, -px) })
}

// Feather softens the mask's edge over so many pixels on each side.
func (d *Document) Feather(px int) {
	d.reshaped("feather mask", func(m *image.Gray) *image.Gray { return pixel.Feather(m, px) })
}

// FromAlpha masks what is transparent in the picture.
func (d *Document) FromAlpha() {
	d.altered("mask from alpha", func(*image.Gray) *image.Gray { return pixel.Transparent(d.Picture) })
}
