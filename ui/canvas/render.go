package canvas

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// Scene is what the canvas shows.
type Scene struct {
	Picture *image.RGBA // nil: empty
	// At is the position of the picture's corner in the document; not zero while a candidate shows the document grown
	// to the left or above.
	At image.Point
	// Live is drawn over LiveAt while a run is shown, scaled to it.
	Live   *image.RGBA
	LiveAt image.Rectangle
	// Beside is the live picture that follows the canvas, shown over BesideAt next to the frame.
	Beside   *image.RGBA
	BesideAt image.Rectangle
	// Before is shown over BeforeAt left of Divider, a share of the screen's width, while comparing.
	Before   *image.RGBA
	BeforeAt image.Rectangle
	Divider  float64
	// RepeatX and RepeatY show picture and run again and again, side by side.
	RepeatX, RepeatY bool

	Mask  *image.Gray // over the picture
	Lines *image.Gray // drawn for a ControlNet, over all of it
	// Selection is outlined by dashes; Phase is how many device pixels they have marched.
	Selection *image.Gray
	Phase     int
	Regions   []Region // outlined
	Table     Table    // shown instead of all this
	Frame     image.Rectangle
	// Multiple is what the frame's sides are multiples of, px; 0: anything.
	Multiple int
	Hot      bool            // the frame's handles are visible
	CropAt   image.Rectangle // the crop under way, which hides the frame; empty: none
	// LiveMask is the part of LiveAt that is generated, of its size: the rest stays sharp. Nil: all of it.
	LiveMask *image.Gray
	// Outline is what a tool is drawing, in document pixels; Closed joins its ends.
	Outline [][2]float32
	Closed  bool

	MaskColour  color.NRGBA
	MaskOpacity float32
	LineColour  color.NRGBA
	Accent      color.NRGBA
	Light       bool
}

// canvas is the picture and the frame.
func (s *Scene) canvas() image.Rectangle {
	r := s.Frame
	if s.Picture != nil {
		r = r.Union(s.Picture.Rect.Add(s.At))
	}
	return r
}

// Area is the rectangle of everything visible: the picture, the frame and the live picture.
func (s *Scene) Area() image.Rectangle {
	r := s.canvas()
	if s.RepeatX {
		r.Min.X, r.Max.X = r.Min.X-r.Dx()/4, r.Max.X+r.Dx()/4
	}
	if s.RepeatY {
		r.Min.Y, r.Max.Y = r.Min.Y-r.Dy()/4, r.Max.Y+r.Dy()/4
	}
	if s.Beside != nil {
		r = r.Union(s.BesideAt)
	}
	return r
}

var (
	darkGround, darkCheck   = color.RGBA{30, 30, 30, 255}, [2]uint8{52, 60}
	lightGround, lightCheck = color.RGBA{214, 214, 214, 255}, [2]uint8{238, 250}
)

const checkSide = 8 // device px of a square of the checkerboard

// shot is one frame of the canvas: a scene through a viewport.
type shot struct {
	*Scene
	view            Viewport
	scale           float64     // device pixels per unit of Fyne
	size            image.Point // of the screen, device pixels
	beside          *image.RGBA
	picture, before *image.RGBA // the scene's, halved for the zoom
	mask, lines     *image.Gray // likewise
	selection       *image.Gray
	regions         []*image.Gray
	motion          *motion
	table           []image.Rectangle
	cells           []*image.RGBA // the table's, halved likewise
}

// draw draws the part of the screen that dst covers, and reports whether it has an edge of the selection.
func (p *shot) draw(dst *image.RGBA) (marches bool) {
	ground, check := darkGround, darkCheck
	if p.Light {
		ground, check = lightGround, lightCheck
	}
	draw.Draw(dst, dst.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	if p.Table.Shown() {
		p.drawTable(dst, check)
		return false
	}
	v := p.view
	checkerboard(dst, v.ToScreen(p.canvas()), dst.Rect, check)
	if r := p.motion.growing(v.ToScreen(p.Frame)); !r.Empty() {
		preview(dst, p.motion.last, r, check)
		return false
	}
	if p.Picture != nil {
		sampled(dst, p.picture, v.ToScreen(p.Picture.Rect.Add(p.At)), dst.Rect)
	}
	if p.Before != nil {
		left := image.Rect(0, 0, int(p.Divider*float64(p.size.X)), p.size.Y)
		checkerboard(dst, v.ToScreen(p.canvas()), left, check) // nothing was where the picture has grown
		sampled(dst, p.before, v.ToScreen(p.BeforeAt), left)
		fill(dst, image.Rect(left.Max.X-1, 0, left.Max.X+1, p.size.Y), p.Accent)
	}
	if p.Beside != nil {
		checkerboard(dst, v.ToScreen(p.BesideAt), dst.Rect, check) // it may be cut out
		p.drawBeside(dst, v.ToScreen(p.BesideAt))
	}
	if p.Live != nil {
		live(dst, p.Live, v.ToScreen(p.LiveAt), p.LiveMask, check)
	}
	p.repeat(dst, check)
	if p.Mask != nil {
		overlay(dst, p.mask, v.ToScreen(p.Mask.Rect), p.MaskColour, p.MaskOpacity)
		edged(dst, p.mask, v.ToScreen(p.Mask.Rect))
	}
	if p.Lines != nil {
		overlay(dst, p.lines, v.ToScreen(p.Lines.Rect), p.LineColour, 0.9)
	}
	p.drawRegions(dst)
	if p.CropAt.Empty() {
		frame(dst, v.ToScreen(p.Frame), p.Scene, p.scale)
	} else {
		crop(dst, v.ToScreen(p.CropAt), p.scale)
	}
	path(dst, p.Outline, p.Closed, v)
	if p.Selection != nil {
		marches = dashes(dst, p.selection, v.ToScreen(p.Selection.Rect), p.Phase, max(int(4*p.scale), 1))
	}
	return marches
}

// beforeZoom is how much the picture before is enlarged on the screen.
func beforeZoom(s *Scene, v Viewport) float64 {
	if s.Before == nil {
		return v.Zoom
	}
	return v.Zoom * float64(s.BeforeAt.Dx()) / float64(max(s.Before.Rect.Dx(), 1))
}

func checkerboard(dst *image.RGBA, r, part image.Rectangle, check [2]uint8) {
	at := r.Min
	if r = r.Intersect(part).Intersect(dst.Rect); r.Empty() {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(r.Min.X, y) : dst.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			c := check[((r.Min.X+i/4-at.X)/checkSide+(y-at.Y)/checkSide)&1]
			row[i], row[i+1], row[i+2] = c, c, c
		}
	}
}

// live draws a small picture over the frame, smoothly enlarged, within a mask of the frame's size; nil: all of it.
func live(dst, img *image.RGBA, to image.Rectangle, mask *image.Gray, check [2]uint8) {
	r := to.Intersect(dst.Rect)
	if mask == nil || r.Empty() || mask.Rect.Empty() {
		preview(dst, img, to, check)
		return
	}
	over := image.NewRGBA(r)
	preview(over, img, to, check)
	covered(mask, to, r, func(y int, line []uint8) {
		from, out := over.Pix[over.PixOffset(r.Min.X, y):], dst.Pix[dst.PixOffset(r.Min.X, y):]
		for i, c := range line {
			a := uint32(c)
			for k := 4 * i; a > 0 && k < 4*i+3; k++ {
				out[k] = uint8((uint32(out[k])*(255-a) + uint32(from[k])*a) / 255)
			}
		}
	})
}

// drawBeside draws the picture beside the frame; a preview at the size of the latents is enlarged as the frame's is,
// smoothly at any zoom.
func (p *shot) drawBeside(dst *image.RGBA, to image.Rectangle) {
	r, size := to.Intersect(dst.Rect), p.beside.Rect.Size()
	if preview := p.Beside.Rect.Dx() < p.BesideAt.Dx(); preview && !r.Empty() && size.X > 0 && size.Y > 0 && to.Dx() > size.X && to.Dy() > size.Y {
		smoothed(dst, p.beside, to, r)
		return
	}
	sampled(dst, p.beside, to, dst.Rect)
}

// HandleSide is the side of the frame's handles in units of Fyne.
const HandleSide = 8

// frame draws the line, one pixel of accent between two dark ones, and the handles.
func frame(dst *image.RGBA, r image.Rectangle, s *Scene, scale float64) {
	if s.Frame.Empty() || !r.Inset(-int(HandleSide*scale)-2).Overlaps(dst.Rect) {
		return
	}
	shade := color.NRGBA{0, 0, 0, 110}
	outline(dst, r.Inset(-2), shade)
	outline(dst, r.Inset(-1), s.Accent)
	if !s.Hot {
		return
	}
	handles(dst, r, scale)
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

// path draws a tool's outline, dark next to white so that it is visible on any picture.
func path(dst *image.RGBA, points [][2]float32, closed bool, v Viewport) {
	n := len(points)
	if !closed {
		n--
	}
	at := func(i int) (float64, float64) {
		p := points[i%len(points)]
		return float64(p[0])*v.Zoom + v.X, float64(p[1])*v.Zoom + v.Y
	}
	for i := range n {
		x, y := at(i)
		x1, y1 := at(i + 1)
		segment(dst, x, y, x1, y1)
	}
}

// segment is a line, two pixels wide: one white, one dark.
func segment(dst *image.RGBA, x0, y0, x1, y1 float64) {
	steps := math.Ceil(max(math.Abs(x1-x0), math.Abs(y1-y0)))
	side := image.Pt(1, 0) // across the line
	if math.Abs(x1-x0) > math.Abs(y1-y0) {
		side = image.Pt(0, 1)
	}
	from, to, ok := clip(x0, y0, x1, y1, dst.Rect.Inset(-2))
	if !ok {
		return
	}
	for i := math.Floor(from * steps); i <= math.Ceil(to*steps); i++ {
		k := 0.0
		if steps > 0 {
			k = i / steps
		}
		p := image.Pt(int(math.Floor(x0+(x1-x0)*k)), int(math.Floor(y0+(y1-y0)*k)))
		if p.In(dst.Rect) {
			dst.SetRGBA(p.X, p.Y, color.RGBA{255, 255, 255, 255})
		}
		if p = p.Add(side); p.In(dst.Rect) {
			dst.SetRGBA(p.X, p.Y, color.RGBA{20, 20, 20, 255})
		}
	}
}

// clip is the part from..to of a line that is in r (Liang and Barsky, 1984).
func clip(x0, y0, x1, y1 float64, r image.Rectangle) (from, to float64, ok bool) {
	from, to = 0, 1
	for _, e := range [4][2]float64{{x0 - x1, x0 - float64(r.Min.X)}, {x1 - x0, float64(r.Max.X) - x0},
		{y0 - y1, y0 - float64(r.Min.Y)}, {y1 - y0, float64(r.Max.Y) - y0}} {
		switch {
		case e[0] == 0 && e[1] < 0:
			return 0, 0, false
		case e[0] < 0:
			from = max(from, e[1]/e[0])
		case e[0] > 0:
			to = min(to, e[1]/e[0])
		}
	}
	return from, to, from <= to
}
