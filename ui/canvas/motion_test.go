package canvas

import (
	"image"
	"image/color"
	"testing"
)

// searching shows four runs, of which the last three are stopped.
func searching(v *View, stopped bool) {
	v.Scene.Table = Table{Size: image.Pt(64, 64)}
	for i := range 4 {
		v.Scene.Table.Cells = append(v.Scene.Table.Cells, Cell{Picture: plain(8, 8, color.RGBA{250, 0, 0, 255}), Live: true, Faded: stopped && i > 0})
	}
	v.Redraw()
}

// A stopped run fades from its picture to the veil, step by step; the others stay.
func TestStoppedFades(t *testing.T) {
	v := easel(t, image.Pt(600, 400))
	searching(v, false)
	places := v.Scene.Table.places(image.Pt(600, 400), 1)
	red := func(i int) uint8 {
		at := places[i].Min.Add(places[i].Size().Div(2))
		return v.Screen().RGBAAt(at.X, at.Y).R
	}
	searching(v, true)
	ended := v.motion.animation
	if ended == nil {
		t.Fatal("nothing fades")
	}
	last := uint8(255)
	for _, done := range []float32{0, 0.3, 0.6, 1} {
		ended.Tick(done)
		if red(0) != 250 || red(1) >= last {
			t.Errorf("at %v: %d stays, %d has faded, after %d", done, red(0), red(1), last)
		}
		last = red(1)
	}
	if last > 120 {
		t.Errorf("faded to %d", last)
	}
	v.motion.animation = nil
	v.RedrawLive()
	if v.motion.animation != nil || red(1) != last {
		t.Error("what has faded fades again")
	}
}

// The last run of a search grows from its cell into the frame when the table goes.
func TestLastGrows(t *testing.T) {
	v := easel(t, image.Pt(600, 400))
	v.Scene.Picture = plain(64, 64, color.RGBA{0, 250, 0, 255})
	v.Scene.Frame = v.Scene.Picture.Rect
	v.Fit()
	searching(v, true)
	from := v.Scene.Table.places(image.Pt(600, 400), 1)[0]
	v.Scene.Table = Table{}
	var rects []image.Rectangle
	v.motion.grows, v.motion.growth = true, 0 // Redraw starts the animation, which ends at once in a test
	to := v.view.ToScreen(v.Scene.Frame)
	for _, growth := range []float64{0, 0.5, 1} {
		v.motion.growth = growth
		rects = append(rects, v.motion.growing(to))
	}
	if rects[0] != from || rects[2] != to || rects[1].Dx() <= from.Dx() || rects[1].Dx() >= to.Dx() {
		t.Errorf("grows over %v, from %v to %v", rects, from, to)
	}
	v.motion.growth = 0
	v.draw(image.Rectangle{Max: image.Pt(600, 400)})
	at := from.Min.Add(from.Size().Div(2))
	if got := v.Screen().RGBAAt(at.X, at.Y); got != (color.RGBA{250, 0, 0, 255}) {
		t.Errorf("at its start %v is drawn over the cell", got)
	}
	v.motion.grows = false
	v.Redraw()
	v.motion.animation.Tick(1)
	if got := v.Screen().RGBAAt(at.X, at.Y); v.motion.grows || got == (color.RGBA{250, 0, 0, 255}) {
		t.Errorf("it still grows: %v", got)
	}
}
