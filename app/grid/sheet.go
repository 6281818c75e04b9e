package grid

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
)

// mostPixels is the size of the overview.
const mostPixels = pixel.MaxPixels / 2

// sheet is the layout of the overview.
type sheet struct {
	Grid
	cell       image.Point // size of one picture, px
	left, head int         // room for the labels
	gap        int
	face       font.Face
	lacks      func(rune) bool
}

// Draw draws one labelled overview: a row for each value of the second axis, and a block of rows for each of the
// third. A cell whose picture is nil stays empty. The text uses an OpenType font, or Go's own if that is nil;
// characters missing in the font become question marks.
func (g Grid) Draw(pictures map[[3]int]*image.RGBA, letters []byte) (*image.RGBA, error) {
	s := sheet{Grid: g}
	for _, p := range pictures {
		if p != nil {
			s.cell.X, s.cell.Y = max(s.cell.X, p.Rect.Dx()), max(s.cell.Y, p.Rect.Dy())
		}
	}
	if s.cell.X == 0 {
		return nil, fault.NeedsInput.Errorf("the grid has no picture yet")
	}
	n := g.Size()
	if all := float64(n[0]*n[1]*n[2]) * float64(s.cell.X*s.cell.Y); all > mostPixels/1.3 {
		k := math.Sqrt(mostPixels / 1.3 / all)
		s.cell = image.Pt(max(int(k*float64(s.cell.X)), 16), max(int(k*float64(s.cell.Y)), 16))
	}
	if err := s.letters(letters); err != nil {
		return nil, err
	}
	defer s.face.Close()
	if err := memory.Pixels("the grid's overview", image.Pt(n[0]*s.cell.X, n[1]*n[2]*s.cell.Y), 5); err != nil { // and its labels
		return nil, err
	}
	return s.draw(pictures), nil
}

// letters opens the font, and computes the room for labels.
func (s *sheet) letters(data []byte) error {
	if data == nil {
		data = goregular.TTF
	}
	f, err := opentype.Parse(data)
	if err != nil {
		return fmt.Errorf("the font of the grid's labels cannot be read: %w", err)
	}
	em := min(max(float64(min(s.cell.X, s.cell.Y))/14, 11), 40)
	if s.face, err = opentype.NewFace(f, &opentype.FaceOptions{Size: em, DPI: 72}); err != nil {
		return fmt.Errorf("opening the font of the grid's labels: %w", err)
	}
	s.lacks = func(c rune) bool { i, err := f.GlyphIndex(nil, c); return err != nil || i == 0 }
	s.gap = max(int(em/2), 4)
	if len(s.Axes) > 0 {
		s.head = s.most(s.Axes[0], s.cell.X) + s.gap
	}
	if len(s.Axes) > 1 {
		wide := 0
		for i := range s.Axes[1].Values {
			wide = max(wide, font.MeasureString(s.face, s.known(s.Axes[1].Label(i))).Ceil())
		}
		s.left = min(wide, s.cell.X) + 2*s.gap
	}
	return nil
}

func (s *sheet) line() int { return s.face.Metrics().Height.Ceil() }

// most is the height of the tallest of an axis' labels.
func (s *sheet) most(a Axis, width int) (px int) {
	for i := range a.Values {
		px = max(px, s.line()*len(s.wrapped(a.Label(i), width)))
	}
	return px
}

// known replaces characters missing in the font by question marks.
func (s *sheet) known(text string) string {
	return strings.Map(func(c rune) rune {
		if s.lacks(c) {
			return '?'
		}
		return c
	}, text)
}

const mostLines = 4 // of a label

// wrapped breaks a label into lines of at most this width, px.
func (s *sheet) wrapped(text string, width int) (lines []string) {
	fits := func(t string) bool { return font.MeasureString(s.face, t).Ceil() <= width }
	for _, word := range strings.Fields(s.known(text)) {
		for !fits(word) && len(word) > 1 { // too long for a line
			r := []rune(word)
			word = string(r[:len(r)-2]) + "."
		}
		if n := len(lines); n > 0 && fits(lines[n-1]+" "+word) {
			lines[n-1] += " " + word
		} else if lines = append(lines, word); len(lines) > mostLines {
			return append(lines[:mostLines-1], "...")
		}
	}
	return lines
}

func (s *sheet) draw(pictures map[[3]int]*image.RGBA) *image.RGBA {
	n := s.Size()
	title := 0
	if len(s.Axes) > 2 {
		title = s.line() + s.gap
	}
	block := title + s.head + n[1]*(s.cell.Y+s.gap)
	out := image.NewRGBA(image.Rect(0, 0, s.left+s.gap+n[0]*(s.cell.X+s.gap), s.gap+n[2]*(block+s.gap)))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	for z := range n[2] {
		top := s.gap + z*(block+s.gap)
		if title > 0 {
			s.write(out, s.Axes[2].Label(z), image.Rect(s.gap, top, out.Rect.Max.X-s.gap, top+title))
		}
		top += title
		for x := range n[0] {
			if len(s.Axes) > 0 {
				at := s.left + s.gap + x*(s.cell.X+s.gap)
				s.write(out, s.Axes[0].Label(x), image.Rect(at, top, at+s.cell.X, top+s.head))
			}
		}
		top += s.head
		for y := range n[1] {
			at := top + y*(s.cell.Y+s.gap)
			if len(s.Axes) > 1 {
				s.write(out, s.Axes[1].Label(y), image.Rect(s.gap, at, s.left, at+s.cell.Y))
			}
			for x := range n[0] {
				s.put(out, pictures[[3]int{x, y, z}], image.Pt(s.left+s.gap+x*(s.cell.X+s.gap), at))
			}
		}
	}
	return out
}

// put draws a picture into the middle of its cell, on white; a missing picture is gray.
func (s *sheet) put(out, img *image.RGBA, at image.Point) {
	place := image.Rectangle{Max: s.cell}.Add(at)
	if img == nil {
		draw.Draw(out, place, image.NewUniform(color.RGBA{225, 225, 225, 255}), image.Point{}, draw.Src)
		return
	}
	if k := min(float64(s.cell.X)/float64(img.Rect.Dx()), float64(s.cell.Y)/float64(img.Rect.Dy())); k < 1 {
		img = pixel.Resize(img, max(int(k*float64(img.Rect.Dx())), 1), max(int(k*float64(img.Rect.Dy())), 1))
	}
	own := image.Rectangle{Max: img.Rect.Size()}.Add(at).Add(s.cell.Sub(img.Rect.Size()).Div(2))
	draw.Draw(out, own, img, img.Rect.Min, draw.Over)
}

// write draws a label into the middle of its area.
func (s *sheet) write(out *image.RGBA, text string, at image.Rectangle) {
	lines := s.wrapped(text, at.Dx())
	y := at.Min.Y + (at.Dy()-len(lines)*s.line())/2 + s.face.Metrics().Ascent.Ceil()
	d := font.Drawer{Dst: out, Src: image.NewUniform(color.RGBA{30, 30, 30, 255}), Face: s.face}
	for i, l := range lines {
		x := at.Min.X + (at.Dx()-font.MeasureString(s.face, l).Ceil())/2
		d.Dot = fixed.P(x, y+i*s.line())
		d.DrawString(l)
	}
}
