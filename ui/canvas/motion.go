package canvas

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
)

// moving is how long a stopped cell takes to fade, and the last one of a search to grow into the frame.
const moving = 250 * time.Millisecond

// motion is what moves after the table has changed: the runs of a search that stop fade, and the last one grows into the
// frame when the table goes.
type motion struct {
	fades     []float64 // by cell: how far it has faded, 0 to 1
	faded     []bool    // by cell: it was stopped when the table was drawn last
	last      *image.RGBA
	from      image.Rectangle // where last was drawn, device px
	growth    float64         // how far last has grown, 0 to 1
	grows     bool
	animation *fyne.Animation
}

// move compares the table with the one drawn before, and starts what moves.
func (v *View) move() {
	m, table := &v.motion, &v.Scene.Table
	if !table.Shown() {
		m.fades, m.faded = nil, nil
		if m.last != nil && !m.grows && v.Scene.CropAt.Empty() {
			m.grows, m.growth = true, 0
			v.animate()
		}
		return
	}
	m.grows = false
	fresh := len(m.fades) != len(table.Cells)
	if fresh {
		m.fades, m.faded = make([]float64, len(table.Cells)), make([]bool, len(table.Cells))
	}
	starts, alive := false, 0
	places := table.places(v.screen.size, v.scale())
	m.last = nil
	for i, c := range table.Cells {
		switch {
		case !c.Faded:
			m.fades[i] = 0
		case fresh:
			m.fades[i] = 1
		case !m.faded[i]:
			m.fades[i], starts = 0, true
		}
		m.faded[i] = c.Faded
		if c.Live && !c.Faded && places != nil {
			alive++
			m.last, m.from = c.Picture, places[i]
		}
	}
	if alive != 1 || len(table.Cells) < 2 {
		m.last = nil
	}
	if starts {
		v.animate()
	}
}

// animate redraws until everything has come to its end.
func (v *View) animate() {
	m := &v.motion
	if m.animation != nil {
		m.animation.Stop()
	}
	before := make([]float64, len(m.fades))
	copy(before, m.fades)
	m.animation = fyne.NewAnimation(moving, func(done float32) {
		for i := range m.fades {
			if m.faded[i] && i < len(before) {
				m.fades[i] = before[i] + (1-before[i])*float64(done)
			}
		}
		if m.growth = float64(done); done == 1 && m.grows {
			m.grows, m.last = false, nil
		}
		v.draw(image.Rectangle{Max: v.screen.size})
	})
	m.animation.Curve = fyne.AnimationEaseOut
	m.animation.Start()
}

// fade is how far a cell has faded, 0 to 1.
func (m *motion) fade(i int) float64 {
	if m != nil && i < len(m.fades) {
		return m.fades[i]
	}
	return 1
}

// growing is where the last of a search is drawn on its way into the frame; empty: nothing grows.
func (m *motion) growing(frame image.Rectangle) image.Rectangle {
	if m == nil || !m.grows {
		return image.Rectangle{}
	}
	between := func(a, b int) int { return int(math.Round(float64(a) + (float64(b)-float64(a))*m.growth)) }
	return image.Rect(between(m.from.Min.X, frame.Min.X), between(m.from.Min.Y, frame.Min.Y), between(m.from.Max.X, frame.Max.X), between(m.from.Max.Y, frame.Max.Y))
}
