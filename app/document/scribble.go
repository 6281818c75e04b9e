package document

import (
	"image"

	"nirvana/engine/pixel"
)

// drawable is the scribble, made large enough for what can be seen. It needs no picture.
func (d *Document) drawable() *image.Gray {
	all := image.Rectangle{Max: d.Bounds().Max}
	if f := d.Frame; !f.Empty() {
		all.Max = image.Pt(max(all.Max.X, f.Max.X), max(all.Max.Y, f.Max.Y))
	}
	if d.Scribble != nil {
		all = all.Union(d.Scribble.Rect)
	}
	switch {
	case all.Dx()*all.Dy() > pixel.MaxPixels:
		all = d.Bounds()
		fallthrough
	case d.Scribble == nil || d.Scribble.Rect != all:
		d.Scribble = cropped(d.Scribble, all)
	}
	return d.Scribble
}

// cropped is a part of a plane, black where it has none.
func cropped(plane *image.Gray, at image.Rectangle) *image.Gray {
	if plane == nil {
		return image.NewGray(image.Rectangle{Max: at.Size()})
	}
	return pixel.CropMask(plane, at)
}

// movedScribble is the scribble on a canvas of another size, shifted.
func (d *Document) movedScribble(to image.Rectangle, by image.Point) *image.Gray {
	return movedPlane(d.Scribble, to, by)
}

// movedPlane is a plane on a canvas of another size, shifted; nil for nil.
func movedPlane(plane *image.Gray, to image.Rectangle, by image.Point) *image.Gray {
	if plane == nil {
		return nil
	}
	return pixel.CropMask(plane, to.Sub(by))
}

// keptScribble is the scribble with a result in place of the document: enlarged with it.
func (d *Document) keptScribble(size image.Rectangle) *image.Gray {
	if d.Scribble == nil || d.Picture == nil {
		return d.Scribble
	}
	return pixel.ResizeMask(pixel.CropMask(d.Scribble, d.Picture.Rect), size.Dx(), size.Dy())
}

// SetScribble replaces the lines; what differs is one undo step.
func (d *Document) SetScribble(name string, lines *image.Gray) {
	defer d.hooks.Together()()
	d.EndStroke()
	now := d.drawable()
	if lines.Rect != now.Rect {
		lines = pixel.CropMask(lines, now.Rect)
	}
	e := &edit{name: name, frame: d.Frame}
	if e.lineTiles = put(now, lines); len(e.lineTiles) > 0 {
		d.record(e)
		d.hooks.Changed(ChangedMask)
	}
}

// ClearScribble erases all lines.
func (d *Document) ClearScribble() {
	if d.Scribble != nil {
		d.SetScribble("clear scribble", image.NewGray(d.Scribble.Rect))
	}
}

func linesOf(img *image.RGBA) *image.Gray {
	alpha := image.NewGray(img.Rect)
	solid := true
	for i := range alpha.Pix {
		alpha.Pix[i] = img.Pix[4*i+3]
		solid = solid && alpha.Pix[i] == 255
	}
	if !solid {
		return alpha
	}
	grey, sum := pixel.Gray(img), 0
	for _, v := range grey.Pix {
		sum += int(v)
	}
	if sum > len(grey.Pix)*128 { // drawn on paper
		return pixel.Invert(grey)
	}
	return grey
}
