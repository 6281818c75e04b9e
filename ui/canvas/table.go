package canvas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
)

// Cell is one cell of the table: several results side by side over the canvas, to choose from.
type Cell struct {
	Picture *image.RGBA // nil: not finished yet
	Live    bool        // the small preview of a step, drawn smoothly
	Faded   bool        // it was stopped, and is faded out
	Chosen  bool        // has the selection's outline
}

// Table is the results side by side, in cells with the proportions of Size. With cells it hides the picture.
type Table struct {
	Cells []Cell
	Size  image.Point // document px
}

// Shown reports whether it has cells.
func (t *Table) Shown() bool { return len(t.Cells) > 0 }

// Margins of the table in units of Fyne: around it, below it for a line of instructions, and between its cells.
const (
	tableMargin = 24
	tableFoot   = 24
	tableGap    = 12
)

// columns is the number of columns that makes cells largest on a screen.
func (t *Table) columns(screen image.Point, scale float64) (columns int, zoom float64) {
	n := len(t.Cells)
	for c := 1; c <= n; c++ {
		rows := (n + c - 1) / c
		room := func(size, count, margins int) float64 {
			return (float64(size) - scale*float64(margins+(count-1)*tableGap)) / float64(count)
		}
		z := min(room(screen.X, c, 2*tableMargin)/float64(t.Size.X), room(screen.Y, rows, 2*tableMargin+tableFoot)/float64(t.Size.Y))
		if z > zoom {
			columns, zoom = c, z
		}
	}
	return columns, min(zoom, 8*scale)
}

// places are the cells' rectangles on a screen of a size in device px, with scale per unit of Fyne; nil where it is
// too small for any.
func (t *Table) places(screen image.Point, scale float64) []image.Rectangle {
	columns, zoom := t.columns(screen, scale)
	if columns == 0 {
		return nil
	}
	rows := (len(t.Cells) + columns - 1) / columns
	w, h := int(float64(t.Size.X)*zoom), int(float64(t.Size.Y)*zoom)
	gap := int(math.Round(tableGap * scale))
	left := (screen.X - columns*w - (columns-1)*gap) / 2
	top := (screen.Y - int(tableFoot*scale) - rows*h - (rows-1)*gap) / 2
	out := make([]image.Rectangle, len(t.Cells))
	for i := range out {
		at := image.Pt(left+i%columns*(w+gap), top+i/columns*(h+gap))
		out[i] = image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
	}
	return out
}

// drawTable draws the part of the table that dst covers. pictures are the cells', halved for their sizes.
func (p *shot) drawTable(dst *image.RGBA, check [2]uint8) {
	for i, r := range p.table {
		c := p.Table.Cells[i]
		edge := max(int(math.Round(p.scale)), 1)
		if !r.Inset(-5 * edge).Overlaps(dst.Rect) {
			continue
		}
		switch {
		case c.Picture == nil:
			fill(dst, r, color.NRGBA{128, 128, 128, 28})
		case c.Live:
			preview(dst, c.Picture, r, check)
			if c.Faded {
				fill(dst, r, p.veil(p.motion.fade(i)))
			}
		default:
			checkerboard(dst, r, dst.Rect, check)
			sampled(dst, p.cells[i], r, dst.Rect)
		}
		if c.Chosen {
			line := color.NRGBA{230, 230, 230, 255}
			if p.Light {
				line = color.NRGBA{40, 40, 40, 255}
			}
			for k := 2 * edge; k < 4*edge; k++ {
				outline(dst, r.Inset(-k), line)
			}
		}
	}
}

// veil covers what was stopped, as far as it has faded.
func (p *shot) veil(share float64) color.NRGBA {
	a := uint8(math.Round(190 * share))
	if p.Light {
		return color.NRGBA{240, 240, 240, a}
	}
	return color.NRGBA{24, 24, 24, a}
}

// lay prepares the table for drawing.
func (v *View) lay(p *shot) {
	if p.table = v.Scene.Table.places(p.size, p.scale); p.table == nil {
		return
	}
	v.mips.room(len(p.table))
	for i, c := range v.Scene.Table.Cells {
		img := c.Picture
		if img != nil && !c.Live {
			img = v.mips.level(img, float64(p.table[i].Dx())/float64(img.Rect.Dx()))
		}
		p.cells = append(p.cells, img)
	}
}

// cellAt is the table's cell at a position of the widget, -1 where there is none.
func (v *View) cellAt(at fyne.Position) int {
	x, y := v.device(at)
	for i, r := range v.Scene.Table.places(v.screen.size, v.scale()) {
		if (image.Point{X: int(x), Y: int(y)}).In(r) {
			return i
		}
	}
	return -1
}

// TableColumns is the number of columns of the table.
func (v *View) TableColumns() int {
	columns, _ := v.Scene.Table.columns(v.screen.size, v.scale())
	return max(columns, 1)
}

// livePlace is the part of the screen that the next step of a run will redraw.
func (v *View) livePlace() (part image.Rectangle) {
	if !v.Scene.Table.Shown() {
		return v.view.Over(v.Scene.LiveAt)
	}
	for i, r := range v.Scene.Table.places(v.screen.size, v.scale()) {
		if v.Scene.Table.Cells[i].Live {
			part = part.Union(r) // in a search several are running
		}
	}
	return part
}

// RedrawLive redraws the running step where it is shown, when nothing else has changed.
func (v *View) RedrawLive() {
	v.move()
	if part := v.livePlace(); !part.Empty() {
		v.draw(part)
	}
}

// choose reports a pressed cell if the pointer is still on it.
func (v *View) choose(d drag) {
	if i := v.cellAt(v.pointer); i >= 0 && i == d.handle && v.Hooks.Chosen != nil {
		v.Hooks.Chosen(i)
	}
}
