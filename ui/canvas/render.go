package canvas

import (
	"image"
	"image/color"
	"image/draw"
)

// Scene is what the canvas shows.
type Scene struct {
	Picture *image.RGBA // nil: empty
	// At is where the picture's corner lies in the document; not zero while a
	// candidate shows the document grown to the left or above.
	At image.Point
	// Live lies over the frame while a run is shown, scaled to it.
	Live *image.RGBA
	// Before is shown left of Divider, a share of the screen's width, while comparing.
	Before  *image.RGBA
	Divider float64
	Mask    *image.Gray // over the picture
	Frame   image.Rectangle
	Hot     bool // the frame's handles are shown

	MaskColour  color.NRGBA
	MaskOpacity float32
	Accent      color.NRGBA
	Light       bool
}

var (
	darkGround, darkCheck   = color.RGBA{30, 30, 30, 255}, [2]uint8{52, 60}
	lightGround, lightCheck = color.RGBA{214, 214, 214, 255}, [2]uint8{238, 250}
)

const checkSide = 8 // device px of the checkerboard's squares

// render draws the scene into dst, the screen in device pixels.
func (m *mips) render(dst *image.RGBA, s *Scene, v Viewport, scale float64) {
	ground, check := darkGround, darkCheck
	if s.Light {
		ground, check = lightGround, lightCheck
	}
	draw.Draw(dst, dst.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	area := s.Frame
	if s.Picture != nil {
		area = area.Union(s.Picture.Rect.Add(s.At))
	}
	checkerboard(dst, v.ToScreen(area), check)
	if s.Picture != nil {
		picture(dst, m.level(s.Picture, v.Zoom), s.Picture.Rect.Add(s.At), v, dst.Rect)
	}
	if s.Before != nil {
		part := dst.Rect
		part.Max.X = int(s.Divider * float64(dst.Rect.Dx()))
		checkerboard(dst, v.ToScreen(s.Before.Rect).Intersect(part), check)
		picture(dst, m.level(s.Before, v.Zoom), s.Before.Rect, v, part)
		fill(dst, image.Rect(part.Max.X-1, 0, part.Max.X+1, dst.Rect.Dy()), s.Accent)
	}
	if s.Live != nil {
		live(dst, s.Live, v.ToScreen(s.Frame))
	}
	if s.Mask != nil && s.Live == nil {
		overlay(dst, s.Mask, v, s.MaskColour, s.MaskOpacity)
	}
	frame(dst, v.ToScreen(s.Frame), s, scale)
}

func checkerboard(dst *image.RGBA, r image.Rectangle, check [2]uint8) {
	at := r.Min
	r = r.Intersect(dst.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(r.Min.X, y) : dst.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			c := check[((r.Min.X+i/4-at.X)/checkSide+(y-at.Y)/checkSide)&1]
			row[i], row[i+1], row[i+2] = c, c, c
		}
	}
}

// picture draws a picture lying at `at` of the document, nearest pixel, inside part of the screen.
func picture(dst, img *image.RGBA, at image.Rectangle, v Viewport, part image.Rectangle) {
	to := v.ToScreen(at)
	r := to.Intersect(part).Intersect(dst.Rect)
	if r.Empty() {
		return
	}
	columns := make([]int, r.Dx())
	for i := range columns {
		columns[i] = 4 * min((r.Min.X+i-to.Min.X)*img.Rect.Dx()/to.Dx(), img.Rect.Dx()-1)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := img.Pix[min((y-to.Min.Y)*img.Rect.Dy()/to.Dy(), img.Rect.Dy()-1)*img.Stride:]
		out := dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i, c := range columns {
			p, o := from[c:c+4:c+4], out[4*i:4*i+4:4*i+4]
			switch p[3] {
			case 255:
				o[0], o[1], o[2] = p[0], p[1], p[2]
			case 0:
			default:
				k := 255 - uint32(p[3])
				for j := 0; j < 3; j++ {
					o[j] = p[j] + uint8((uint32(o[j])*k+127)/255)
				}
			}
		}
	}
}

// live draws a small picture over the frame, with soft edges between its few pixels.
func live(dst, img *image.RGBA, to image.Rectangle) {
	r := to.Intersect(dst.Rect)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if r.Empty() || w == 0 || h == 0 {
		return
	}
	type tap struct{ a, b, f int }
	taps := func(from, to, n, size int) []tap {
		out := make([]tap, n)
		for i := range out {
			at := ((from+i)*2+1)*size*128/to - 128
			at = min(max(at, 0), (size-1)*256)
			out[i] = tap{at >> 8, min(at>>8+1, size-1), at & 255}
		}
		return out
	}
	xs := taps(r.Min.X-to.Min.X, to.Dx(), r.Dx(), w)
	ys := taps(r.Min.Y-to.Min.Y, to.Dy(), r.Dy(), h)
	for j, y := range ys {
		top, low := img.Pix[y.a*img.Stride:], img.Pix[y.b*img.Stride:]
		out := dst.Pix[dst.PixOffset(r.Min.X, r.Min.Y+j):]
		for i, x := range xs {
			for c := 0; c < 3; c++ {
				t := int(top[4*x.a+c])*(256-x.f) + int(top[4*x.b+c])*x.f
				l := int(low[4*x.a+c])*(256-x.f) + int(low[4*x.b+c])*x.f
				out[4*i+c] = uint8((t*(256-y.f) + l*y.f) >> 16)
			}
		}
	}
}

// overlay tints what the mask covers.
func overlay(dst *image.RGBA, m *image.Gray, v Viewport, c color.NRGBA, opacity float32) {
	to := v.ToScreen(m.Rect)
	r := to.Intersect(dst.Rect)
	if r.Empty() {
		return
	}
	tint := [3]uint32{uint32(c.R), uint32(c.G), uint32(c.B)}
	strength := uint32(opacity * 256)
	columns := make([]int, r.Dx())
	for i := range columns {
		columns[i] = min((r.Min.X+i-to.Min.X)*m.Rect.Dx()/to.Dx(), m.Rect.Dx()-1)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[min((y-to.Min.Y)*m.Rect.Dy()/to.Dy(), m.Rect.Dy()-1)*m.Stride:]
		out := dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i, x := range columns {
			a := uint32(row[x]) * strength >> 8
			if a == 0 {
				continue
			}
			for k := 0; k < 3; k++ {
				out[4*i+k] = uint8((uint32(out[4*i+k])*(255-a) + tint[k]*a) / 255)
			}
		}
	}
}

// HandleSide is the side of the frame's handles in units of Fyne.
const HandleSide = 8

// frame draws the line, one pixel of accent between two dark ones, and the handles.
func frame(dst *image.RGBA, r image.Rectangle, s *Scene, scale float64) {
	if s.Frame.Empty() {
		return
	}
	shade := color.NRGBA{0, 0, 0, 110}
	outline(dst, r.Inset(-2), shade)
	outline(dst, r.Inset(-1), s.Accent)
	if !s.Hot {
		return
	}
	side := int(HandleSide * scale)
	for _, p := range Handles(r) {
		h := image.Rect(p.X-side/2, p.Y-side/2, p.X+side-side/2, p.Y+side-side/2)
		fill(dst, h.Inset(-1), color.NRGBA{0, 0, 0, 160})
		fill(dst, h, color.NRGBA{255, 255, 255, 255})
	}
}

// Handles are the frame's eight: corners and middles, clockwise from the upper left.
func Handles(r image.Rectangle) [8]image.Point {
	mx, my := (r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2
	return [8]image.Point{r.Min, {X: mx, Y: r.Min.Y}, {X: r.Max.X, Y: r.Min.Y}, {X: r.Max.X, Y: my}, r.Max, {X: mx, Y: r.Max.Y}, {X: r.Min.X, Y: r.Max.Y}, {X: r.Min.X, Y: my}}
}

func outline(dst *image.RGBA, r image.Rectangle, c color.NRGBA) {
	fill(dst, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1), c)
	fill(dst, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y), c)
	fill(dst, image.Rect(r.Min.X, r.Min.Y+1, r.Min.X+1, r.Max.Y-1), c)
	fill(dst, image.Rect(r.Max.X-1, r.Min.Y+1, r.Max.X, r.Max.Y-1), c)
}

func fill(dst *image.RGBA, r image.Rectangle, c color.NRGBA) {
	r = r.Intersect(dst.Rect)
	a := uint32(c.A)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i := 0; i < 4*r.Dx(); i += 4 {
			row[i] = uint8((uint32(row[i])*(255-a) + uint32(c.R)*a) / 255)
			row[i+1] = uint8((uint32(row[i+1])*(255-a) + uint32(c.G)*a) / 255)
			row[i+2] = uint8((uint32(row[i+2])*(255-a) + uint32(c.B)*a) / 255)
		}
	}
}
