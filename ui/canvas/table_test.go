package canvas

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
)

func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, c)
	}
	return img
}

// Places do not overlap, lie on the screen, keep the pictures' proportion and are as large as they can be.
func TestTablePlaces(t *testing.T) {
	for _, c := range []struct {
		n       int
		size    image.Point
		screen  image.Point
		scale   float64
		columns int
	}{
		{2, image.Pt(128, 128), image.Pt(900, 600), 1, 2},
		{2, image.Pt(384, 128), image.Pt(900, 600), 1, 1},
		{4, image.Pt(128, 128), image.Pt(900, 600), 1, 2},
		{4, image.Pt(128, 128), image.Pt(1800, 1200), 2, 2},
		{4, image.Pt(128, 64), image.Pt(400, 1200), 1, 1},
		{3, image.Pt(512, 512), image.Pt(3000, 700), 1, 3},
		{9, image.Pt(64, 96), image.Pt(1100, 800), 1, 5},
	} {
		table := Table{Size: c.size, Cells: make([]Cell, c.n)}
		places := table.places(c.screen, c.scale)
		if got, _ := table.columns(c.screen, c.scale); got != c.columns || len(places) != c.n {
			t.Errorf("%+v: %d columns, %d places", c, got, len(places))
		}
		for i, r := range places {
			if !r.In(image.Rectangle{Max: c.screen}) || r.Dx() < 40 {
				t.Errorf("%+v: place %d is %v", c, i, r)
			}
			if d := r.Dx()*c.size.Y - r.Dy()*c.size.X; d > c.size.X || d < -c.size.Y {
				t.Errorf("%+v: place %d is %v, of another proportion", c, i, r)
			}
			for _, o := range places[:i] {
				if o.Overlaps(r) {
					t.Errorf("%+v: %v and %v overlap", c, o, r)
				}
			}
		}
	}
	small := Table{Size: image.Pt(8, 8), Cells: make([]Cell, 4)}
	if places := small.places(image.Pt(20, 20), 1); places != nil {
		t.Errorf("places on a screen of 20 px: %v", places)
	}
}

func tabled(t *testing.T) *View {
	v := easel(t, image.Pt(600, 400))
	v.Scene.Table = Table{Size: image.Pt(64, 64), Cells: []Cell{{Picture: plain(64, 64, color.RGBA{250, 0, 0, 255}), Chosen: true},
		{Picture: plain(64, 64, color.RGBA{0, 250, 0, 255})}, {Picture: plain(8, 8, color.RGBA{0, 0, 250, 255}), Live: true}, {}}}
	v.Redraw()
	return v
}

func TestTableShowsAndChooses(t *testing.T) {
	v := tabled(t)
	places := v.Scene.Table.places(image.Pt(600, 400), 1)
	middle := func(i int) image.Point { return places[i].Min.Add(places[i].Size().Div(2)) }
	screen := v.Screen()
	for i, want := range []color.RGBA{{250, 0, 0, 255}, {0, 250, 0, 255}, {0, 0, 250, 255}} {
		if got := screen.RGBAAt(middle(i).X, middle(i).Y); got != want {
			t.Errorf("cell %d shows %v", i, got)
		}
	}
	var chosen []int
	fitted := false
	v.Hooks.Chosen = func(i int) { chosen = append(chosen, i) }
	v.Hooks.FrameFit = func() { fitted = true }
	v.Hooks.FrameMoved = func(image.Rectangle) { t.Error("a press on the table moved the frame") }
	click := func(from, to image.Point) {
		press(v, float32(from.X), float32(from.Y), primary, 0)
		lift(v, float32(to.X), float32(to.Y))
	}
	click(middle(1), middle(1))
	v.DoubleTapped(&fyne.PointEvent{})
	click(middle(0), middle(1)) // thought better of
	click(image.Pt(2, 2), image.Pt(2, 2))
	v.Scrolled(&fyne.ScrollEvent{PointEvent: at(float32(middle(2).X), float32(middle(2).Y)), Scrolled: fyne.NewDelta(0, 10)})
	if len(chosen) != 2 || chosen[0] != 1 || chosen[1] != 2 || fitted {
		t.Errorf("chosen %v, frame fitted %v", chosen, fitted)
	}
}

// A step draws its cell alone, and the screen is as if all of it had been drawn.
func TestTableStep(t *testing.T) {
	v := tabled(t)
	before := v.Screen().Pix
	v.Scene.Table.Cells[2].Picture = plain(8, 8, color.RGBA{90, 90, 0, 255})
	v.RedrawLive()
	step := v.Screen().Pix
	v.Redraw()
	if bytes.Equal(before, step) || !bytes.Equal(step, v.Screen().Pix) {
		t.Error("a step in the table was not drawn as it is")
	}
}

// So does one over the frame.
func TestLiveStep(t *testing.T) {
	v := easel(t, image.Pt(600, 400))
	v.Scene.LiveAt, v.Scene.Live = v.Scene.Frame, plain(8, 8, color.RGBA{0, 0, 250, 255})
	v.Redraw()
	v.Scene.Live = plain(8, 8, color.RGBA{90, 90, 0, 255})
	v.RedrawLive()
	step := v.Screen().Pix
	v.Redraw()
	if !bytes.Equal(step, v.Screen().Pix) {
		t.Error("a step over the frame was not drawn as it is")
	}
}
