// Package paintin collects colour that is painted into a run while it is made: what a stroke laid down, for the engine, and
// how it looks over the step that is shown. Start with Over.
package paintin

import (
	"image"

	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
)

// Sheet lies over a run's frame. Strokes stay on it until the run has taken them up.
type Sheet struct {
	frame image.Rectangle // document coordinates
	seen  *image.RGBA     // the step with all strokes; written to
	under *image.RGBA     // the step with those before the one under way
	paint *image.RGBA     // the one under way alone; nil: none is
	cover *image.Gray
	trail pixel.Trail
	ink   paint.Ink
}

// Over is a sheet over a step as it is shown in a frame, of whatever size.
func Over(step *image.RGBA, frame image.Rectangle) *Sheet {
	seen := pixel.Resize(step, frame.Dx(), frame.Dy())
	if seen == step {
		seen = clone(step)
	}
	return &Sheet{frame: frame, seen: seen}
}

func clone(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}

// Seen is what lies in the frame; it goes on being written to.
func (s *Sheet) Seen() *image.RGBA { return s.seen }

// Begin starts a stroke at a point, and gives what it changed; document coordinates.
func (s *Sheet) Begin(ink paint.Ink, pen paint.Pen, x, y float32) image.Rectangle {
	s.begin(ink)
	s.trail = pixel.Trail{Radius: min(max(pen.Size, 1), 512) / 2, Softness: pen.Softness}
	return s.To(x, y)
}

func (s *Sheet) begin(ink paint.Ink) {
	s.ink, s.under = ink, clone(s.seen)
	s.paint, s.cover = image.NewRGBA(s.seen.Rect), image.NewGray(s.seen.Rect)
}

// Wet says whether a stroke is under way.
func (s *Sheet) Wet() bool { return s.paint != nil }

// To goes on to a point, and gives what it changed.
func (s *Sheet) To(x, y float32) image.Rectangle {
	if !s.Wet() {
		return image.Rectangle{}
	}
	r := s.trail.To(s.cover, x-float32(s.frame.Min.X), y-float32(s.frame.Min.Y))
	s.lay(r)
	return r.Add(s.frame.Min)
}

// Cover lays a coverage down whose Rect is where it lies: a shape, a line.
func (s *Sheet) Cover(ink paint.Ink, cover *image.Gray) {
	s.begin(ink)
	r := cover.Rect.Sub(s.frame.Min).Intersect(s.seen.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := cover.PixOffset(r.Min.X+s.frame.Min.X, y+s.frame.Min.Y)
		copy(s.cover.Pix[s.cover.PixOffset(r.Min.X, y):][:r.Dx()], cover.Pix[from:])
	}
	s.lay(r)
}

// lay puts the stroke's colour where it covers, within r.
func (s *Sheet) lay(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			at := image.Pt(x, y).Add(s.frame.Min)
			share := s.ink.Opacity * float32(s.cover.Pix[s.cover.PixOffset(x, y)]) / 255
			if s.ink.Within != nil {
				share *= float32(s.ink.Within.GrayAt(at.X, at.Y).Y) / 255
			}
			c := s.ink.Source.At(at.X, at.Y)
			share *= float32(c.A) / 255
			i := s.seen.PixOffset(x, y)
			for k, v := range [4]uint8{c.R, c.G, c.B, 255} {
				s.paint.Pix[i+k] = uint8(float32(v)*share + 0.5)
				s.seen.Pix[i+k] = uint8(float32(s.under.Pix[i+k])*(1-share) + float32(v)*share + 0.5)
			}
		}
	}
}

// Take ends the stroke, and gives what it laid down, of the frame's size; nil where that is nothing.
func (s *Sheet) Take() *image.RGBA {
	img := s.paint
	s.paint, s.under, s.cover = nil, nil, nil
	if img == nil || !painted(img) {
		return nil
	}
	return img
}

func painted(img *image.RGBA) bool {
	for i := 3; i < len(img.Pix); i += 4 {
		if img.Pix[i] != 0 {
			return true
		}
	}
	return false
}
