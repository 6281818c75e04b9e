package canvas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
)

// A Cell is one place of the table: several results side by side over the canvas, to choose from.
type Cell struct {
	Picture *image.RGBA // nil: still to come
	Live    bool        // the small picture of a step, drawn soft
	Faded   bool        // it has stopped, and is nearly gone
	Chosen  bool        // has the line around it
}

// Table is the results side by side, each of a place of Size's proportion. With cells it hides the picture.
type Table struct {
	Cells []Cell
	Size  image.Point // document px
}

// Shown says whether there is one.
func (t *Table) Shown() bool { return len(t.Cells) > 0 }

// Margins of the table in units of Fyne: around it, below it where a line tells what to do, and between its places.
const (
	tableMargin = 24
	tableFoot   = 24
	tableGap    = 12
)

// columns is how many stand side by side so that the places are largest on a screen.
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

// places are where the cells lie on a screen of so many device px, scale of them a unit of Fyne; nil where it is too small for any.
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

// drawTable draws what of the table lies on dst. pictures are the cells', halved as their places want.
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
			enlarged(dst, c.Picture, r)
			if c.Faded {
				fill(dst, r, p.veil())
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

// veil nearly hides what has stopped.
func (p *shot) veil() color.NRGBA {
	if p.Light {
		return color.NRGBA{240, 240, 240, 190}
	}
	return color.NRGBA{24, 24, 24, 190}
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

// cellAt is the table's cell under a place of the widget, -1 where there is none.
func (v *View) cellAt(at fyne.Position) int {
	x, y := v.device(at)
	for i, r := range v.Scene.Table.places(v.screen.size, v.scale()) {
		if (image.Point{X: int(x), Y: int(y)}).In(r) {
			return i
		}
	}
	return -1
}

// TableColumns is how many of the table's cells stand side by side.
func (v *View) TableColumns() int {
	columns, _ := v.Scene.Table.columns(v.screen.size, v.scale())
	return max(columns, 1)
}

// livePlace is the part of the screen that the next step of a run will draw anew.
func (v *View) livePlace() (part image.Rectangle) {
	if !v.Scene.Table.Shown() {
		return v.view.Over(v.Scene.LiveAt)
	}
	for i, r := range v.Scene.Table.places(v.screen.size, v.scale()) {
		if v.Scene.Table.Cells[i].Live {
			part = part.Union(r) // of a search several are alive
		}
	}
	return part
}

// RedrawLive draws the running step anew where it is shown, after nothing else has changed.
func (v *View) RedrawLive() {
	if part := v.livePlace(); !part.Empty() {
		v.draw(part)
	}
}

// choose hands a pressed cell over when the pointer is still on it.
func (v *View) choose(d drag) {
	if i := v.cellAt(v.pointer); i >= 0 && i == d.handle && v.Hooks.Chosen != nil {
		v.Hooks.Chosen(i)
	}
}
