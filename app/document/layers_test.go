package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/pixel/composite"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/transform"
)

func red(opacity float32) paint.Ink {
	return paint.Ink{Source: paint.Flat(color.NRGBA{200, 30, 20, 255}), Opacity: opacity}
}

// look is all that is seen of a document, and what its layers say.
func look(d *Document) string {
	out := fmt.Sprint(d.Picture.Rect, d.Frame, string(d.Picture.Pix), string(d.Mask.Pix))
	if d.Selected() {
		out += "selected" + string(d.Selection.Pix)
	}
	if !d.Layered() {
		return out
	}
	for _, l := range d.Stack().Layers {
		out += fmt.Sprint(l.ID, l.Name, l.Hidden, l.Opacity, l.Mode, len(l.Layers))
	}
	return out + string(d.Stack().Picture(d.Picture.Rect).Pix)
}

// change makes a random step; false where it was none.
func change(d *Document, r *rand.Rand) error {
	w, h := d.Picture.Rect.Dx(), d.Picture.Rect.Dy()
	x, y := float32(r.IntN(w)), float32(r.IntN(h))
	s := d.Stack()
	any := s.Layers[r.IntN(len(s.Layers))].ID
	switch r.IntN(18) {
	case 0, 1, 2:
		ink := red(0.3 + r.Float32()*0.7)
		ink.Erase = r.IntN(3) == 0
		if _, err := d.BeginPaint(ink, paint.Pen{Size: 5 + 60*r.Float32(), Softness: r.Float32()}, x, y); err != nil {
			return err
		}
		for range 3 {
			x, y = x+r.Float32()*80-40, y+r.Float32()*80-40
			d.PaintTo(x, y)
		}
		d.EndStroke()
	case 3:
		return d.Arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
			return s.Added(s.Active, layers.Layer{Name: s.Free("Layer"), Opacity: 1})
		})
	case 4:
		return d.Arrange("layer settings", func(s *layers.Stack) (*layers.Stack, error) {
			return s.Changed(any, func(l *layers.Layer) { l.Mode, l.Opacity = composite.Mode(r.IntN(16)), r.Float32() })
		})
	case 5:
		return d.Arrange("remove layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Removed(any) })
	case 6:
		return d.Arrange("merge down", func(s *layers.Stack) (*layers.Stack, error) { return s.MergedDown(any) })
	case 7:
		return d.Arrange("move layer", func(s *layers.Stack) (*layers.Stack, error) { return s.Raised(any, 1-2*r.IntN(2)) })
	case 8:
		err := d.PreviewTransform(any, transform.Transform{ScaleX: 0.8 + r.Float64()*0.4, ScaleY: 1, Turn: r.Float64() * 90, Move: [2]float64{r.Float64() * 30, 3}})
		d.EndStroke()
		return err
	case 9:
		d.Crop(image.Rect(0, 0, w, h).Inset(1 + r.IntN(3)))
	case 10:
		d.Expand(r.IntN(20), r.IntN(20), r.IntN(20), r.IntN(20))
	case 11:
		d.Accept(Result{Raw: noisy(64, 64, r.Uint64()), Frame: image.Rect(0, 0, 64, 64).Add(image.Pt(int(x)-20, int(y))), Layer: r.IntN(2) == 0}, nil, false)
	case 12:
		d.Ellipse(image.Rect(int(x), int(y), int(x)+50, int(y)+80), Combine(r.IntN(3)))
	case 13:
		d.Choose(any)
		return d.Cover("fill", red(1), d.Filled(image.Pt(int(x), int(y)), 30, false)())
	case 14:
		d.Select(paint.Ellipse.Filled(d.Bounds(), image.Rect(int(x)-40, int(y)-40, int(x)+50, int(y)+80)), Combine(r.IntN(3)))
	case 15:
		d.BeginStroke(Brush{Size: 40, Softness: 0.5, Opacity: 1, Erase: r.IntN(3) == 0, Select: true}, x, y)
		d.StrokeTo(x+30, y-20)
		d.EndStroke()
	case 16:
		d.Choose(any)
		return d.DeleteSelected("delete")
	case 17:
		[]func(){d.SelectAll, d.SelectNone, d.SelectInverse, d.SelectMask, d.MaskSelection}[r.IntN(5)]()
	}
	return nil
}

// Steps on layers, mixed with all others, undone, done again, and with their contents written down and read back.
func TestUndoOfLayersIsExact(t *testing.T) {
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(20, seed))
		d := empty()
		d.Set(noisy(400, 330, seed))
		states := []string{look(d)}
		for len(states) < 45 {
			steps := len(d.undo.done)
			if err := change(d, r); err != nil && len(d.undo.done) != steps {
				t.Fatal("a refused change is a step", err)
			}
			switch len(d.undo.done) {
			case steps:
				continue
			case steps + 1:
				states = append(states, look(d))
			default:
				t.Fatalf("%d steps for one change", len(d.undo.done)-steps)
			}
		}
		same := func(at int, when string) {
			t.Helper()
			// A document that has become layered looks the same as it did flat.
			if now := look(d); now[:min(len(now), len(states[at]))] != states[at][:min(len(now), len(states[at]))] {
				t.Fatalf("seed %d: %s, state %d is another (after %q)", seed, when, at, d.CanRedo())
			}
		}
		store := blobs{}
		written := func(list []*edit) {
			for i, e := range list {
				var err error
				data, _ := e.pack(store, &err)
				back := &edit{name: e.name}
				if err != nil {
					t.Fatal(err)
				}
				if err := back.unpack(data, store); err != nil {
					t.Fatal(err)
				}
				list[i] = back
			}
		}
		for round := range 3 {
			for i := len(states) - 2; i >= 0; i-- {
				if !d.Undo() {
					t.Fatal("no more to undo at", i)
				}
				same(i, "undone")
			}
			for i := 1; i < len(states); i++ {
				if !d.Redo() {
					t.Fatal("no more to redo at", i)
				}
				same(i, "done again")
			}
			if round == 1 {
				written(d.undo.done)
			}
		}
	}
}

// Steps that share their tiles cost only what they changed.
func TestUndoOfPaintIsSmall(t *testing.T) {
	d := empty()
	d.Set(noisy(2048, 2048, 1))
	before := d.UndoBytes()
	for i := range 20 {
		if _, err := d.BeginPaint(red(1), paint.Pen{Size: 20}, 100, float32(100+i)); err != nil {
			t.Fatal(err)
		}
		d.EndStroke()
	}
	if n := d.UndoBytes() - before; n > 20*4*256*256*2 {
		t.Errorf("20 strokes within a tile cost %d bytes", n)
	}
}

// A document with layers written down and read back is the same, and what is damaged in it is told.
func TestLayersAreKept(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 9))
	d := empty()
	d.Set(noisy(400, 330, 3))
	for range 40 {
		change(d, r)
	}
	if !d.Layered() {
		t.Fatal("no layers")
	}
	store := blobs{}
	var err error
	saved := d.Snapshot(func(int64, int) bool { return false }).Pack(store, &err)
	back := empty()
	if e := back.Restore(saved, d.Mask, d.Selection, store); err != nil || e != nil {
		t.Fatal(err, e)
	}
	if look(back) != look(d) || back.Stack().Active != d.Stack().Active {
		t.Error("what was read is not what was written")
	}
	for name, spoil := range map[string]func(*SavedLayers){
		"a missing tile":  func(s *SavedLayers) { s.Layers[0].Tiles = append(s.Layers[0].Tiles, SavedLayerTile{Pixels: "none"}) },
		"an unknown mode": func(s *SavedLayers) { s.Layers[0].Mode = "svg:none" },
		"an ID twice":     func(s *SavedLayers) { s.Layers = append(s.Layers, s.Layers[0]) },
		"nothing":         func(s *SavedLayers) { s.Layers = nil },
		"opacity":         func(s *SavedLayers) { s.Layers[0].Opacity = 7 },
		"far away":        func(s *SavedLayers) { s.Layers[0].Tiles = []SavedLayerTile{{X: 1 << 40}} },
		"a group in a group": func(s *SavedLayers) {
			s.Layers = []SavedLayer{{ID: 1, Group: true, Layers: []SavedLayer{{ID: 2, Group: true}}}}
		},
	} {
		broken := saved
		l := *saved.Layers
		l.Layers = append([]SavedLayer(nil), l.Layers...)
		spoil(&l)
		broken.Layers = &l
		if err := empty().Restore(broken, nil, nil, store); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// Paint stays within the mask that limits it, on the layer that is chosen, and where its opacity is locked.
func TestPaintWithin(t *testing.T) {
	d := empty()
	d.Set(noisy(300, 300, 5))
	was := d.Picture
	d.Rectangle(image.Rect(50, 50, 100, 100), Replace)
	ink := red(1)
	ink.Within = d.Mask
	if _, err := d.BeginPaint(ink, paint.Pen{Size: 80}, 20, 75); err != nil {
		t.Fatal(err)
	}
	d.PaintTo(280, 75)
	if d.Picture != was || d.Wet() == nil {
		t.Error("the picture itself was written to before the stroke's end")
	}
	d.EndStroke()
	for y := range 300 {
		for x := range 300 {
			want := was.RGBAAt(x, y)
			if image.Pt(x, y).In(image.Rect(50, 50, 100, 100)) {
				want = color.RGBA{200, 30, 20, 255}
			}
			if got := d.Picture.RGBAAt(x, y); got != want {
				t.Fatalf("%d,%d is %v, not %v", x, y, got, want)
			}
		}
	}
	add := func(s *layers.Stack) (*layers.Stack, error) {
		return s.Added(0, layers.Layer{Name: "Empty", LockAlpha: true, Opacity: 1})
	}
	if err := d.Arrange("add layer", add); err != nil {
		t.Fatal(err)
	}
	before, steps := d.Picture, len(d.undo.done)
	if _, err := d.BeginPaint(red(1), paint.Pen{Size: 80}, 150, 150); err != nil {
		t.Fatal(err)
	}
	d.EndStroke()
	if string(d.Picture.Pix) != string(before.Pix) || len(d.undo.done) != steps {
		t.Error("a layer that is empty and has its opacity locked took paint, or nothing became a step")
	}
	lock := func(s *layers.Stack) (*layers.Stack, error) {
		return s.Changed(s.Active, func(l *layers.Layer) { l.Locked = true })
	}
	if err := d.Arrange("layer settings", lock); err != nil {
		t.Fatal(err)
	}
	if _, err := d.BeginPaint(red(1), paint.Pen{Size: 8}, 1, 1); !errors.Is(err, layers.ErrLocked) {
		t.Error(err)
	}
}

// A shape that is pulled shows as it would be, and leaves nothing of what it was before.
func TestPreviewOfShapes(t *testing.T) {
	d := empty()
	d.Set(noisy(300, 300, 6))
	was := string(d.Picture.Pix)
	for _, r := range []image.Rectangle{{Max: image.Pt(280, 290)}, {Min: image.Pt(40, 40), Max: image.Pt(90, 70)}} {
		if err := d.Preview("shape", red(0.5), paint.Ellipse.Filled(r, r)); err != nil {
			t.Fatal(err)
		}
	}
	shown := string(d.Wet().Pix)
	d.DropStroke()
	if d.Wet() != nil || string(d.Picture.Pix) != was || len(d.undo.done) != 1 {
		t.Error("a dropped shape left something")
	}
	r := image.Rect(40, 40, 90, 70)
	if err := d.Cover("shape", red(0.5), paint.Ellipse.Filled(r, r)); err != nil {
		t.Fatal(err)
	}
	if string(d.Picture.Pix) != shown || d.CanUndo() != "shape" {
		t.Error("the shape is not what was shown")
	}
}

// A result becomes a layer where that is asked for, looks as it was shown, and leaves what lies under it.
func TestResultAsLayer(t *testing.T) {
	d := empty()
	d.Set(noisy(200, 200, 7))
	was := d.Picture
	alpha := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range alpha.Pix {
		alpha.Pix[i] = uint8(i % 256)
	}
	c := Result{Raw: noisy(64, 64, 8), Alpha: alpha, Frame: image.Rect(170, 20, 234, 84), Layer: true}
	shown, corner := d.With(c)
	d.Accept(c, nil, false)
	if string(d.Picture.Pix) != string(shown.Pix) || corner != (image.Point{}) || d.Picture.Rect.Dx() != 234 {
		t.Error("kept, it looks different", d.Picture.Rect)
	}
	s := d.Stack()
	if len(s.Layers) != 2 || s.Layers[1].Name != ResultLayer || s.Active != s.Layers[1].ID {
		t.Fatalf("%+v", s)
	}
	if string(s.Only(s.Layers[0].ID, was.Rect).Pix) != string(was.Pix) {
		t.Error("the picture under it changed")
	}
}

// A transform to 30,000 px and more, or to no size at all, is refused with what to do; layers, picture and undo stay as they were,
// and a smaller one follows.
func TestHugeTransforms(t *testing.T) {
	d := New(image.Rect(0, 0, 64, 64), Hooks{})
	d.Set(noisy(64, 64, 3))
	id := d.Stack().Active
	before, picture := d.Stack(), clone(d.Picture)
	for _, huge := range []transform.Transform{{ScaleX: 500, ScaleY: 500}, {ScaleX: 1e7, ScaleY: 1}, {ScaleX: 3000, ScaleY: 2000, Turn: 30}, {ScaleX: math.NaN(), ScaleY: 1}, {ScaleX: 0, ScaleY: 1}} {
		if err := d.PreviewTransform(id, huge); err == nil {
			t.Fatalf("%+v was done", huge)
		} else if huge.Valid() && fault.Of(err) != fault.TooLarge {
			t.Errorf("%+v: %v", huge, err)
		}
		d.EndStroke()
		if d.Stack() != before || !bytes.Equal(d.Picture.Pix, picture.Pix) {
			t.Fatalf("%+v changed something", huge)
		}
	}
	if err := d.PreviewTransform(id, transform.Transform{ScaleX: 2, ScaleY: 2}); err != nil {
		t.Fatal(err)
	}
	d.EndStroke()
	d.Undo()
	if !bytes.Equal(d.Picture.Pix, picture.Pix) {
		t.Error("undone, it is another picture")
	}
}
