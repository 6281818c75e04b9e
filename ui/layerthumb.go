package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// layerThumb is a layer's small picture in the list of layers.
type layerThumb struct {
	shown *canvas.Image
	box   fyne.CanvasObject
	of    any // what it was made of: a plane or a picture, neither of which is ever written to
	size  image.Point
}

// smallSide is its side in units of Fyne, smallPixels in pixels.
const smallSide, smallPixels = 26, 52

func newLayerThumb() *layerThumb {
	t := &layerThumb{shown: canvas.NewImageFromImage(nil)}
	t.shown.FillMode, t.shown.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	t.shown.SetMinSize(fyne.NewSize(smallSide, smallSide))
	t.box = t.shown
	return t
}

// show shows a layer's part of the canvas, or, where it has no pixels of its own yet, the picture. It looks at few pixels of
// each, so that a layer of any size costs the same.
func (t *layerThumb) show(l shownLayer, picture *image.RGBA) {
	visible(t.box, !l.Group && picture != nil)
	if l.Group || picture == nil {
		return
	}
	var of any = l.Pixels
	at := l.Pixels.At
	if l.whole {
		of = picture
		at = func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(picture.RGBAAt(x, y)).(color.NRGBA) }
	}
	if t.of == of && t.size == picture.Rect.Size() {
		return
	}
	t.of, t.size = of, picture.Rect.Size()
	t.shown.Image = thumbnail(picture.Rect, at)
	t.shown.Refresh()
}

// thumbnail is a canvas made small, on a checkerboard where it is transparent.
func thumbnail(r image.Rectangle, at func(x, y int) color.NRGBA) *image.RGBA {
	const looks = 2 // along each axis of a pixel
	most := max(r.Dx(), r.Dy())
	w, h := max(r.Dx()*smallPixels/most, 1), max(r.Dy()*smallPixels/most, 1)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			check := uint32(150 + 60*((x/6+y/6)&1))
			var sum [3]uint32
			for i := range looks * looks {
				c := at(r.Min.X+(x*looks+i%looks)*r.Dx()/(w*looks), r.Min.Y+(y*looks+i/looks)*r.Dy()/(h*looks))
				for k, v := range [3]uint8{c.R, c.G, c.B} {
					sum[k] += (uint32(v)*uint32(c.A) + check*(255-uint32(c.A)) + 127) / 255
				}
			}
			p := out.Pix[out.PixOffset(x, y):]
			for k := range 3 {
				p[k] = uint8((sum[k] + looks*looks/2) / (looks * looks))
			}
			p[3] = 255
		}
	}
	return out
}
