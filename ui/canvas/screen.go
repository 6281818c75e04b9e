package canvas

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// screen is the widget's pixels in tiles, each a Fyne image: a stroke draws and uploads only the tiles that it
// touches.
type screen struct {
	size  image.Point // device px
	tiles []*tile
}

// tileSide is the tiles' side in device px.
const tileSide = 256

type tile struct {
	at      *image.RGBA // its bounds are its position on the screen
	shown   *canvas.Image
	marches bool // it has an edge of the selection
}

// resize makes tiles for a screen of a size in pixels; false where they exist already.
func (s *screen) resize(size image.Point) bool {
	if size == s.size {
		return false
	}
	s.size, s.tiles = size, nil
	for y := 0; y < size.Y; y += tileSide {
		for x := 0; x < size.X; x += tileSide {
			at := image.NewRGBA(image.Rect(x, y, min(x+tileSide, size.X), min(y+tileSide, size.Y)))
			for i := 3; i < len(at.Pix); i += 4 {
				at.Pix[i] = 255
			}
			img := canvas.NewImageFromImage(&image.RGBA{Pix: at.Pix, Stride: at.Stride, Rect: image.Rectangle{Max: at.Rect.Size()}})
			img.ScaleMode, img.FillMode = canvas.ImageScalePixels, canvas.ImageFillStretch
			s.tiles = append(s.tiles, &tile{at: at, shown: img})
		}
	}
	return true
}

// place positions the tiles: scale is device px per unit of Fyne, shift the offset of the widget's corner from the
// device's pixels, in units of Fyne.
func (s *screen) place(scale float64, shift fyne.Position) {
	for _, t := range s.tiles {
		r := t.at.Rect
		t.shown.Move(fyne.NewPos(float32(float64(r.Min.X)/scale), float32(float64(r.Min.Y)/scale)).Add(shift))
		t.shown.Resize(fyne.NewSize(float32(float64(r.Dx())/scale), float32(float64(r.Dy())/scale)))
	}
}

// draw redraws a part of the screen.
func (s *screen) draw(p *shot, part image.Rectangle) {
	var touched []*tile
	for _, t := range s.tiles {
		if t.at.Rect.Overlaps(part) {
			touched = append(touched, t)
		}
	}
	split(len(touched), func(from, to int) {
		for _, t := range touched[from:to] {
			found := p.draw(t.at.SubImage(part).(*image.RGBA))
			t.marches = found || t.marches && !t.at.Rect.In(part)
		}
	})
	for _, t := range touched {
		t.shown.Refresh()
	}
}

// march redraws the tiles that have an edge of the selection.
func (s *screen) march(p *shot) {
	for _, t := range s.tiles {
		if t.marches {
			s.draw(p, t.at.Rect)
		}
	}
}

// whole is the screen in one picture.
func (s *screen) whole() *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: s.size})
	for _, t := range s.tiles {
		for y := t.at.Rect.Min.Y; y < t.at.Rect.Max.Y; y++ {
			copy(out.Pix[out.PixOffset(t.at.Rect.Min.X, y):], t.at.Pix[t.at.PixOffset(t.at.Rect.Min.X, y):][:4*t.at.Rect.Dx()])
		}
	}
	return out
}
