package settings

import (
	"image/color"
	"slices"
)

// Paint is what the drawing tools use when they paint colour.
type Paint struct {
	On          bool // brush, shapes, lasso and wand paint colour, not the mask
	Select      bool // they select instead of painting
	Front, Back color.NRGBA
	Recent      []color.NRGBA // last used colours, newest first
	Within      bool          // only inside the mask
	OneLayer    bool          // the fill reads the selected layer only
	Outline     bool          // shapes are drawn as outlines of the brush's width
	Radial      bool          // gradients are radial from their first point
	Fade        bool          // gradients end transparent, not in Back
	TextSize    int           // px
	Beside      bool          // during a run, colour goes onto the picture and not into the run
	Rule        float32       // strength of paint in a run: near 0 a hint, 1 replaces
}

var usualPaint = Paint{Front: color.NRGBA{20, 20, 20, 255}, Back: color.NRGBA{245, 245, 245, 255}, TextSize: 64, Rule: 0.7}

const recentColors = 12

// Used adds the front colour to the recent ones.
func (p *Paint) Used() {
	list := slices.DeleteFunc(slices.Clone(p.Recent), func(c color.NRGBA) bool { return c == p.Front })
	list = append([]color.NRGBA{p.Front}, list...)
	p.Recent = list[:min(len(list), recentColors)]
}

// Colours reports whether the tools paint colour.
func (p Paint) Colours() bool { return p.On && !p.Select }

// Swap exchanges the two colours.
func (p *Paint) Swap() { p.Front, p.Back = p.Back, p.Front }

// clamp also fills in what settings of versions without paint lack.
func (p *Paint) clamp() {
	if p.TextSize <= 0 {
		p.TextSize = usualPaint.TextSize
	}
	if p.Front == (color.NRGBA{}) && p.Back == (color.NRGBA{}) {
		p.Front, p.Back = usualPaint.Front, usualPaint.Back
	}
	if p.Rule <= 0 {
		p.Rule = usualPaint.Rule
	}
	p.Rule = min(p.Rule, 1)
	p.Front.A, p.Back.A = 255, 255
	p.TextSize = min(max(p.TextSize, 4), 1024)
	p.Recent = p.Recent[:min(len(p.Recent), recentColors)]
}
