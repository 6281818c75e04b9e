package document

import (
	"bytes"
	"image"
	"sync"

	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
)

// Combine is how a selection changes the existing mask.
type Combine int

const (
	Replace Combine = iota
	Add
	Subtract
)

// Rectangle, Ellipse and Polygon (and lasso: its points) select into the mask, anti-aliased; large
// ones are rasterised in the background.
func (d *Document) Rectangle(r image.Rectangle, how Combine) {
	d.selected("rectangle", how, r, func(b image.Rectangle) *image.Gray { return paint.Rectangle.Filled(b, r) })
}

// Ellipse selects the ellipse inside r.
func (d *Document) Ellipse(r image.Rectangle, how Combine) {
	d.selected("ellipse", how, r, func(b image.Rectangle) *image.Gray { return paint.Ellipse.Filled(b, r) })
}

// Polygon selects inside the points, x and y in picture pixels.
func (d *Document) Polygon(points [][2]float32, how Combine) {
	if len(points) < 3 {
		return
	}
	d.selected("lasso", how, paint.Around(points), func(b image.Rectangle) *image.Gray { return paint.Inside(b, points) })
}

// Flood selects the connected area around a point whose colour is within the tolerance, 0 to 255 per channel. It is
// computed in the background from the current picture, and combined there with the mask as it is when it is done; if the
// picture has another size by then, it is dropped.
func (d *Document) Flood(at image.Point, tolerance int, how Combine) {
	if !d.ready() || !d.has("a selection", maskBytes) {
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

// SetMask replaces the mask by one of the picture's size; what differs is one undo step.
func (d *Document) SetMask(name string, m *image.Gray) {
	d.changeMask(name, func(mask *image.Gray) []tile {
		if m.Rect.Size() != mask.Rect.Size() {
			return nil
		}
		return put(mask, m)
	})
}

// changeMask changes the mask in place; the old contents of the tiles that changed are one undo step.
func (d *Document) changeMask(name string, change func(mask *image.Gray) (was []tile)) {
	defer d.hooks.Together()()
	d.EndStroke()
	if d.Picture == nil {
		return
	}
	e := &edit{name: name, frame: d.Frame}
	if e.maskTiles = change(d.Mask); len(e.maskTiles) > 0 {
		d.record(e)
		d.hooks.Changed(ChangedMask)
	}
}

// cover changes a plane in place by the coverage of a part of it, and returns the old contents of the tiles that
// changed: the others are not written, and where nothing is covered only Replace looks at them.
func (c Combine) cover(plane, cover *image.Gray) (was []tile) {
	within := cover.Rect
	if c == Replace {
		within = plane.Rect
	}
	next := make([]byte, tileSide*tileSide)
	for _, at := range tilesIn(within, plane.Rect) {
		w, differs := at.Dx(), false
		for y := at.Min.Y; y < at.Max.Y; y++ {
			now, row := plane.Pix[plane.PixOffset(at.Min.X, y):][:w], next[(y-at.Min.Y)*w:][:w]
			if c == Replace {
				clear(row)
			} else {
				copy(row, now)
			}
			if r := image.Rect(at.Min.X, y, at.Max.X, y+1).Intersect(cover.Rect); !r.Empty() {
				c.put(row[r.Min.X-at.Min.X:], cover.Pix[cover.PixOffset(r.Min.X, y):][:r.Dx()])
			}
			differs = differs || !bytes.Equal(row, now)
		}
		if !differs {
			continue
		}
		was = append(was, copyTile(plane.Pix, plane.Stride, 1, at))
		for y := at.Min.Y; y < at.Max.Y; y++ {
			copy(plane.Pix[plane.PixOffset(at.Min.X, y):], next[(y-at.Min.Y)*w:][:w])
		}
	}
	return was
}

// put changes a row by a coverage.
func (c Combine) put(row, cover []byte) {
	row = row[:len(cover)]
	switch c {
	case Replace:
		copy(row, cover)
	case Add:
		for i, v := range cover {
			row[i] = max(row[i], v)
		}
	case Subtract:
		for i, v := range cover {
			row[i] = min(row[i], 255-v)
		}
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
	if d.ready() && d.has("a mask", maskBytes) {
		d.inTurn(func() { d.SetMask(name, f(d.Mask)) })
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
