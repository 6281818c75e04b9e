package document

import (
	"bytes"
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
)

// empty is a document without a studio round it.
func empty() *Document { return New(image.Rect(0, 0, 64, 64), Hooks{}) }

func noisy(w, h int, seed uint64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// strokeThrough paints a stroke through the points.
func strokeThrough(d *Document, b Brush, points ...[2]float32) {
	for i, p := range points {
		if i == 0 {
			d.BeginStroke(b, p[0], p[1])
		} else {
			d.StrokeTo(p[0], p[1])
		}
	}
	d.EndStroke()
}

// Random edits, undone and redone, against whole copies of the state.
func TestUndoIsExact(t *testing.T) {
	type copyOf struct {
		picture string
		size    image.Rectangle
		mask    string
		frame   image.Rectangle
		lines   string
	}
	d := empty()
	look := func() copyOf {
		return copyOf{string(d.Picture.Pix), d.Picture.Rect, string(d.Mask.Pix), d.Frame, string(cropped(d.Scribble, d.Picture.Rect).Pix)}
	}
	r := rand.New(rand.NewPCG(4, 4))
	d.Set(noisy(700, 600, 1))
	states := []copyOf{look()}
	for len(states) < 50 {
		w, h := d.Picture.Rect.Dx(), d.Picture.Rect.Dy()
		x, y := r.IntN(w), r.IntN(h)
		before, steps := look(), len(d.undo.done)
		switch r.IntN(13) {
		case 0:
			d.Crop(image.Rect(0, 0, w, h).Inset(1 + r.IntN(3)))
		case 1:
			d.Expand(r.IntN(20), r.IntN(20), r.IntN(20), r.IntN(20))
		case 2:
			d.SetFrame(image.Rect(x, y, x+64, y+96))
		case 3:
			d.Accept(Result{Raw: noisy(64, 64, r.Uint64()), Frame: image.Rect(x, y, x+64, y+64)}, nil, false)
		case 4:
			d.Ellipse(image.Rect(x, y, x+50, y+80), Combine(r.IntN(3)))
		case 5:
			d.Invert()
		case 6:
			d.Place(noisy(10, 10, r.Uint64()), image.Pt(x-5, y-5))
		case 7, 8:
			strokeThrough(d, Brush{Size: 20, Opacity: 1, Scribble: true}, [2]float32{float32(x), float32(y)}, [2]float32{float32(r.IntN(w)), float32(r.IntN(h))})
		default:
			strokeThrough(d, Brush{Size: 30, Opacity: 0.7, Erase: r.IntN(2) == 0}, [2]float32{float32(x), float32(y)}, [2]float32{float32(r.IntN(w)), float32(r.IntN(h))})
		}
		switch n := len(d.undo.done); {
		case n == steps+1:
			states = append(states, look())
		case look() != before:
			t.Fatal("an edit left no undo step")
		}
	}
	for i := len(states) - 2; i >= 0; i-- {
		if !d.Undo() || look() != states[i] {
			t.Fatalf("undo to state %d is not what it was", i)
		}
	}
	for i := 1; i < len(states); i++ {
		if !d.Redo() || look() != states[i] {
			t.Fatalf("redo to state %d is not what it was", i)
		}
	}
	if d.CanRedo() != "" || d.Redo() {
		t.Error("something is left to redo")
	}
}

func TestUndoForgetsTheOldest(t *testing.T) {
	d := empty()
	d.Set(noisy(64, 64, 1))
	for range 100 {
		d.Invert()
	}
	if len(d.undo.done) != undoSteps {
		t.Errorf("%d steps are kept", len(d.undo.done))
	}
	d.Undo()
	d.Clear()
	sum := 0
	for _, e := range append(d.undo.done, d.undo.undone...) {
		sum += e.bytes
	}
	if len(d.undo.undone) != 0 || sum != d.UndoBytes() {
		t.Errorf("%d steps to redo, %d bytes counted as %d", len(d.undo.undone), sum, d.UndoBytes())
	}
}

// 64 strokes on a large picture keep tiles, not pictures.
func TestUndoOfStrokesIsSmall(t *testing.T) {
	d := empty()
	d.Set(image.NewRGBA(image.Rect(0, 0, 4096, 4096)))
	r := rand.New(rand.NewPCG(1, 1))
	for range 64 {
		x, y := r.Float32()*3600, r.Float32()*3600
		strokeThrough(d, Brush{Size: 80, Opacity: 1}, [2]float32{x, y}, [2]float32{x + 400, y + 300})
	}
	if d.UndoBytes() > 32<<20 {
		t.Errorf("64 strokes keep %d MB", d.UndoBytes()>>20)
	}
	t.Logf("64 strokes of 500 px on 4096 x 4096 keep %.1f MB", float64(d.UndoBytes())/(1<<20))
}

// Opacity is that of the whole stroke, however often it crosses itself, and adds up between strokes.
func TestStrokeOpacity(t *testing.T) {
	d := empty()
	d.Set(noisy(64, 64, 1))
	brush := Brush{Size: 20, Opacity: 0.5}
	strokeThrough(d, brush, [2]float32{10, 32}, [2]float32{50, 32}, [2]float32{10, 32}, [2]float32{50, 33})
	if v := d.Mask.GrayAt(30, 32).Y; v != 128 {
		t.Errorf("one stroke at half opacity gives %d", v)
	}
	strokeThrough(d, brush, [2]float32{30, 32})
	if v := d.Mask.GrayAt(30, 32).Y; v != 192 {
		t.Errorf("a second one gives %d", v)
	}
	brush.Erase = true
	strokeThrough(d, brush, [2]float32{30, 32})
	if v := d.Mask.GrayAt(30, 32).Y; v != 96 {
		t.Errorf("erasing at half opacity leaves %d", v)
	}
	if r := d.StrokeTo(1, 1); !r.Empty() {
		t.Error("a stroke that was not begun painted")
	}
}

// What a stroke says it changed is all that it changed.
func TestStrokeDirty(t *testing.T) {
	d := empty()
	d.Set(noisy(600, 300, 1))
	points := [][2]float32{{20, 20}, {580, 280}, {-40, 100}, {700, 150}}
	for i, p := range points {
		before := append([]byte(nil), d.Mask.Pix...)
		var dirty image.Rectangle
		if i == 0 {
			dirty = d.BeginStroke(Brush{Size: 33, Softness: 0.5, Opacity: 1}, p[0], p[1])
		} else {
			dirty = d.StrokeTo(p[0], p[1])
		}
		for k, v := range d.Mask.Pix {
			if v != before[k] && !image.Pt(k%600, k/600).In(dirty) {
				t.Fatalf("point %d: pixel %d,%d changed outside of %v", i, k%600, k/600, dirty)
			}
		}
	}
}

// Selecting a part of a plane, tile by tile, gives what combining whole planes gives, and its old tiles bring back what was.
func TestCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		all := image.Rect(0, 0, 300+rng.IntN(400), 200+rng.IntN(400))
		point := func() image.Point { return image.Pt(rng.IntN(all.Max.X+200)-100, rng.IntN(all.Max.Y+200)-100) }
		plane := pixel.Ellipse(all, image.Rectangle{Min: point(), Max: point()}.Canon())
		r := image.Rectangle{Min: point(), Max: point()}.Canon().Intersect(all)
		part := paint.Ellipse.Filled(r, r)
		whole := image.NewGray(all)
		draw.Draw(whole, r, part, r.Min, draw.Src)
		for _, how := range []Combine{Replace, Add, Subtract} {
			now := copied(plane)
			was := how.cover(now, part)
			if !bytes.Equal(now.Pix, how.combined(plane, whole).Pix) {
				t.Fatalf("%v of %v in %v is another plane", how, r, all)
			}
			if exchange(was, now.Pix, now.Stride, 1); !bytes.Equal(now.Pix, plane.Pix) {
				t.Fatalf("%v of %v in %v does not come back", how, r, all)
			}
		}
	}
}

// BenchmarkSelect4096 selects a part of a picture of 4096 x 4096 and takes it away again: what of that holds up the window,
// and what is rasterised beside it.
func BenchmarkSelect4096(b *testing.B) {
	all := image.Rect(0, 0, 4096, 4096)
	var lasso [][2]float32
	for i := range 2000 {
		at, far := float64(i)/2000*2*math.Pi, 1800+200*math.Sin(float64(i)/40)
		lasso = append(lasso, [2]float32{float32(2048 + far*math.Cos(at)), float32(2048 + far*math.Sin(at))})
	}
	var beside time.Duration
	d := New(all, Hooks{Beside: func(work func() func()) {
		began := time.Now()
		take := work()
		beside += time.Since(began)
		take()
	}})
	d.Picture, d.Mask = image.NewRGBA(all), image.NewGray(all)
	part := image.Rect(1500, 1500, 2500, 2500)
	for name, do := range map[string]func(how Combine){"rectangle": func(how Combine) { d.Rectangle(part, how) }, "ellipse": func(how Combine) { d.Ellipse(part, how) },
		"whole ellipse": func(how Combine) { d.Ellipse(all, how) }, "whole lasso": func(how Combine) { d.Polygon(lasso, how) },
		"selection": func(how Combine) {
			d.SelectWithin(all, how, func(r image.Rectangle) *image.Gray { return paint.Inside(r, lasso) })
		}} {
		for how, what := range map[Combine]string{Replace: "replaced", Add: "added"} {
			b.Run(name+" "+what, func(b *testing.B) {
				beside = 0
				for b.Loop() {
					do(how)
					do(Subtract)
				}
				each := func(t time.Duration) float64 { return t.Seconds() * 1000 / float64(2*b.N) }
				b.ReportMetric(each(beside), "beside-ms")
				b.ReportMetric(each(b.Elapsed()-beside), "window-ms")
			})
		}
	}
}

func BenchmarkStroke4096(b *testing.B) {
	d := empty()
	d.Picture, d.Mask = image.NewRGBA(image.Rect(0, 0, 4096, 4096)), image.NewGray(image.Rect(0, 0, 4096, 4096))
	d.BeginStroke(Brush{Size: 128, Softness: 0.5, Opacity: 1}, 1000, 1000)
	i := 0
	for b.Loop() {
		i++
		d.StrokeTo(1000+float32(i%100)*20, 1000+float32(i%70)*20)
	}
}

// BenchmarkUndoOfStrokes paints 64 strokes across a picture of 4096 x 4096 and reports what undo holds of them.
func BenchmarkUndoOfStrokes(b *testing.B) {
	for b.Loop() {
		d := empty()
		d.Picture, d.Mask = image.NewRGBA(image.Rect(0, 0, 4096, 4096)), image.NewGray(image.Rect(0, 0, 4096, 4096))
		r := rand.New(rand.NewPCG(1, 2))
		at := func() float32 { return r.Float32() * 4096 }
		for range undoSteps {
			d.BeginStroke(Brush{Size: 128, Softness: 0.5, Opacity: 0.8}, at(), at())
			d.StrokeTo(at(), at())
			d.EndStroke()
		}
		b.ReportMetric(float64(d.UndoBytes())/1e6, "MB")
		b.ReportMetric(float64(len(d.undo.done)), "steps")
	}
}

// What takes its time with large masks is worked out beside the document: of a mask that was painted on meanwhile again,
// and never for another picture.
func TestMaskIsReshapedBeside(t *testing.T) {
	var later []func() func()
	d := New(image.Rect(0, 0, 64, 64), Hooks{Beside: func(work func() func()) { later = append(later, work) }})
	d.Set(image.NewRGBA(image.Rect(0, 0, 64, 64)))
	d.Rectangle(image.Rect(20, 20, 30, 30), Replace)
	d.Grow(4)
	if d.Mask.GrayAt(17, 25).Y != 0 || len(later) != 1 {
		t.Fatal("the mask was grown at once")
	}
	d.Rectangle(image.Rect(50, 50, 60, 60), Add)
	for len(later) > 0 {
		work := later[0]
		later = later[1:]
		work()()
	}
	if d.Mask.GrayAt(17, 25).Y != 255 || d.Mask.GrayAt(47, 55).Y != 255 || d.CanUndo() != "grow mask" {
		t.Errorf("%v, %v, Undo %q", d.Mask.GrayAt(17, 25), d.Mask.GrayAt(47, 55), d.CanUndo())
	}
	d.Shrink(2)
	d.Serial++
	later[0]()()
	if d.CanUndo() != "grow mask" {
		t.Error("the mask of another picture was shrunk")
	}
}

// A large coverage is rasterised beside the document; what is asked for after it comes after it, and for another picture
// it is nothing.
func TestCoveragesKeepTheirOrder(t *testing.T) {
	var later []func() func()
	d := New(image.Rect(0, 0, 900, 700), Hooks{Beside: func(work func() func()) { later = append(later, work) }})
	d.Set(image.NewRGBA(image.Rect(0, 0, 900, 700)))
	large := image.Rect(20, 30, 880, 690)
	d.Ellipse(large, Replace)
	d.Rectangle(image.Rect(0, 0, 50, 60), Add)
	d.Polygon([][2]float32{{0, 0}, {899, 0}, {0, 699}}, Subtract)
	d.Invert()
	d.SelectWithin(large, Replace, func(b image.Rectangle) *image.Gray { return paint.Ellipse.Filled(b, large) })
	d.SelectInverse()
	if len(later) != 3 || d.Masked() || d.Selected() {
		t.Fatalf("%d are rasterised beside; at once there is a mask: %v", len(later), d.Masked())
	}
	var take []func()
	for _, work := range later {
		take = append(take, work())
	}
	if take[2](); d.Selected() {
		t.Error("the selection did not wait for the mask")
	}
	take[1]()
	take[0]()
	all := d.Mask.Rect
	want, selection := image.NewGray(all), image.NewGray(all)
	corner := [][2]float32{{0, 0}, {899, 0}, {0, 699}}
	Replace.cover(want, paint.Ellipse.Filled(large, large))
	Add.cover(want, paint.Rectangle.Filled(image.Rect(0, 0, 50, 60), image.Rect(0, 0, 50, 60)))
	Subtract.cover(want, paint.Inside(paint.Around(corner), corner))
	Replace.cover(selection, paint.Ellipse.Filled(large, large))
	if !bytes.Equal(d.Mask.Pix, pixel.Invert(want).Pix) || !bytes.Equal(d.Selection.Pix, pixel.Invert(selection).Pix) {
		t.Error("another mask or selection than one after the other")
	}
	if names := []string{d.CanUndo(), d.undo.done[0].name}; names[0] != "invert selection" || len(d.undo.done) != 7 {
		t.Errorf("%d steps, the last is %q", len(d.undo.done), names[0])
	}
	d.Ellipse(large, Replace)
	d.Clear()
	take = nil
	for _, work := range later[3:] {
		take = append(take, work())
	}
	d.Set(image.NewRGBA(image.Rect(0, 0, 900, 700)))
	d.Rectangle(image.Rect(0, 0, 50, 60), Replace)
	take[0]()
	if d.CanUndo() != "rectangle" || !bytes.Equal(d.Mask.Pix, paint.Rectangle.Filled(all, image.Rect(0, 0, 50, 60)).Pix) {
		t.Errorf("of another picture: %q", d.CanUndo())
	}
}

// What hangs together is looked for beside the document, of the picture as it was, and combined with the mask as it is then;
// for another picture it is nothing.
func TestFloodBeside(t *testing.T) {
	var later []func() func()
	d := New(image.Rect(0, 0, 64, 64), Hooks{Beside: func(work func() func()) { later = append(later, work) }})
	d.Flood(image.Pt(3, 3), 9, Replace) // there is no picture
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		img.Pix[img.PixOffset(x, 32)+3] = 255 // a line across
	}
	d.Set(img)
	d.Flood(image.Pt(3, 3), 9, Add)
	if len(later) != 1 || d.Masked() {
		t.Fatal("it was looked for at once")
	}
	d.Rectangle(image.Rect(50, 50, 60, 60), Replace)
	later[0]()() // of the mask before the rectangle
	if len(later) != 2 || d.CanUndo() != "rectangle" {
		t.Fatalf("%d times, Undo %q", len(later), d.CanUndo())
	}
	take := later[1]()
	take()
	if d.Mask.GrayAt(5, 5).Y != 255 || d.Mask.GrayAt(5, 40).Y != 0 || d.Mask.GrayAt(55, 55).Y != 255 || d.CanUndo() != "flood select" {
		t.Errorf("Undo %q", d.CanUndo())
	}
	fill := d.Filled(image.Pt(3, 40), 9, true)
	d.Set(image.NewRGBA(image.Rect(0, 0, 8, 8)))
	if m := fill(); m.Rect.Dx() != 64 || m.GrayAt(3, 40).Y == 0 || m.GrayAt(3, 3).Y != 0 {
		t.Error("what is filled is not of the picture as it was")
	}
	if take(); d.CanUndo() != "open" {
		t.Error("the mask of another picture was taken")
	}
	if later[len(later)-1]()(); d.CanUndo() != "open" || len(later) != 3 {
		t.Error("it is looked for in a picture of another size")
	}
}
