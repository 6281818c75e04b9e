package document

import (
	"image"
	"math/rand/v2"
	"testing"

	"nirvana/app/layers"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/transform"
)

// selected is a document of noise with an ellipse selected, and a second layer that is painted on.
func selected(t *testing.T, seed uint64) (*Document, *rand.Rand) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 9))
	d := empty()
	d.Set(noisy(300+r.IntN(90), 280, seed))
	if seed%2 == 0 {
		if err := d.Arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
			return s.Added(s.Active, layers.Layer{Name: "Layer", Opacity: 1})
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Cover("shape", paint.Ink{Source: paint.Flat{R: 10, G: 60, B: 190, A: 255}, Opacity: 1}, paint.Rectangle.Filled(d.Bounds(), image.Rect(20, 30, 250, 240))); err != nil {
			t.Fatal(err)
		}
	}
	x, y := r.IntN(120), r.IntN(120)
	d.Select(paint.Ellipse.Filled(d.Bounds(), image.Rect(x, y, x+60+r.IntN(90), y+50+r.IntN(90))), Replace)
	return d, r
}

// pixelsOf are the chosen layer's pixels.
func pixelsOf(d *Document) *image.NRGBA {
	s := d.Stack()
	l, _ := s.Layer(s.Active)
	return l.Pixels.Picture(d.Bounds())
}

// Whatever paints changes nothing outside of the selection, and inside it paints as much as the selection covers.
func TestSelectionLimitsPaint(t *testing.T) {
	ways := map[string]func(d *Document, ink paint.Ink) error{
		"stroke": func(d *Document, ink paint.Ink) error {
			_, err := d.BeginPaint(ink, paint.Pen{Size: 90}, 20, 20)
			d.PaintTo(260, 250)
			d.EndStroke()
			return err
		},
		"cover": func(d *Document, ink paint.Ink) error {
			return d.Cover("gradient", ink, paint.Everywhere(d.Bounds()))
		},
		"eraser": func(d *Document, ink paint.Ink) error {
			ink.Erase = true
			return d.Cover("eraser", ink, paint.Everywhere(d.Bounds()))
		},
		"preview": func(d *Document, ink paint.Ink) error {
			err := d.Preview("shape", ink, paint.Everywhere(image.Rect(0, 0, 200, 200)))
			if err == nil {
				err = d.Preview("shape", ink, paint.Everywhere(image.Rect(50, 60, 280, 270)))
			}
			d.EndStroke()
			return err
		},
		"delete": func(d *Document, _ paint.Ink) error { return d.DeleteSelected("delete") },
	}
	for name, way := range ways {
		for seed := range uint64(4) {
			d, _ := selected(t, seed)
			was := pixelsOf(d)
			if err := way(d, red(0.8)); err != nil {
				t.Fatal(name, err)
			}
			now, inside := pixelsOf(d), 0
			for i, v := range d.Selection.Pix {
				same := string(was.Pix[4*i:4*i+4]) == string(now.Pix[4*i:4*i+4])
				if v == 0 && !same {
					t.Fatalf("%s, seed %d: pixel %d outside of the selection changed", name, seed, i)
				}
				if v == 255 && !same {
					inside++
				}
			}
			if inside == 0 {
				t.Errorf("%s, seed %d: nothing inside the selection changed", name, seed)
			}
			d.Undo()
			if again := pixelsOf(d); string(again.Pix) != string(was.Pix) {
				t.Errorf("%s, seed %d: undo leaves another layer", name, seed)
			}
		}
	}
	// A mask that limits, too, and a selection: where both are.
	d, _ := selected(t, 1)
	d.Rectangle(image.Rect(0, 0, 150, 300), Replace)
	ink := red(1)
	ink.Within = d.Mask
	was := pixelsOf(d)
	if err := d.Cover("fill", ink, paint.Everywhere(d.Bounds())); err != nil {
		t.Fatal(err)
	}
	now := pixelsOf(d)
	for i := range d.Mask.Pix {
		if (d.Mask.Pix[i] == 0 || d.Selection.Pix[i] == 0) && string(was.Pix[4*i:4*i+4]) != string(now.Pix[4*i:4*i+4]) {
			t.Fatal("painted where not both mask and selection are")
		}
	}
}

// What is selected of a layer is moved as a slow loop moves it, with the selection, and one undo takes both back.
func TestMovingWhatIsSelected(t *testing.T) {
	for seed := range uint64(4) {
		d, r := selected(t, seed)
		hard := image.Rect(40+r.IntN(50), 50+r.IntN(50), 120+r.IntN(60), 130+r.IntN(60))
		d.Select(paint.Rectangle.Filled(d.Bounds(), hard), Replace)
		was, chosen := pixelsOf(d), copied(d.Selection)
		by := image.Pt(r.IntN(80)-20, r.IntN(80)-20)
		for _, part := range []image.Point{{X: 3, Y: 4}, by} { // the preview goes another way first
			m := transform.Identity
			m.Move = [2]float64{float64(part.X), float64(part.Y)}
			if err := d.PreviewTransform(d.Stack().Active, m); err != nil {
				t.Fatal(err)
			}
		}
		if !d.Lifting() {
			t.Fatal("nothing is lifted")
		}
		d.EndStroke()
		now := pixelsOf(d)
		for y := range now.Rect.Dy() {
			for x := range now.Rect.Dx() {
				p := image.Pt(x, y)
				want := was.NRGBAAt(x, y)
				if p.In(hard) {
					want.A = 0
				}
				if from := p.Sub(by); from.In(hard) {
					if moved := was.NRGBAAt(from.X, from.Y); moved.A > 0 {
						want = moved
					}
				}
				got := now.NRGBAAt(x, y)
				if got.A != want.A || got.A > 0 && got != want {
					t.Fatalf("seed %d, by %v: %v is %v, not %v", seed, by, p, got, want)
				}
				if (d.Selection.GrayAt(x, y).Y == 255) != p.Sub(by).In(hard) {
					t.Fatalf("seed %d: the selection is not where the pixels are at %v", seed, p)
				}
			}
		}
		d.Undo()
		if string(pixelsOf(d).Pix) != string(was.Pix) || string(d.Selection.Pix) != string(chosen.Pix) {
			t.Error("undo leaves another layer or selection")
		}
		d.Redo()
		if string(pixelsOf(d).Pix) != string(now.Pix) {
			t.Error("done again it is another layer")
		}
	}
}

// A piece that is cut and put back looks as before, on a layer of its own.
func TestCutAndPaste(t *testing.T) {
	d, _ := selected(t, 2)
	hard := image.Rect(60, 70, 140, 150)
	d.Select(paint.Rectangle.Filled(d.Bounds(), hard), Replace)
	was, layersBefore := clone(d.Picture), d.Stack().Count()
	piece := d.Piece()()
	if piece.Rect != hard {
		t.Fatal("the piece is", piece.Rect)
	}
	if err := d.DeleteSelected("cut"); err != nil {
		t.Fatal(err)
	}
	if string(d.Picture.Pix) == string(was.Pix) {
		t.Error("nothing was cut")
	}
	if err := d.PutPiece(piece); err != nil {
		t.Fatal(err)
	}
	if string(d.Picture.Pix) != string(was.Pix) || d.Stack().Count() != layersBefore+1 {
		t.Error("what was cut and put back looks different, or is no layer")
	}
	d.SelectNone()
	if d.Piece() != nil || d.Selected() {
		t.Error("nothing is selected, and there is a piece of it")
	}
	steps := len(d.undo.done)
	if err := d.DeleteSelected("delete"); err != nil || len(d.undo.done) != steps {
		t.Error("deleting nothing is a step", err)
	}
}

// The selection stays over the same picture when the canvas is cropped or grows, and it and the mask become each other.
func TestSelectionFollowsTheCanvas(t *testing.T) {
	d, _ := selected(t, 3)
	r := image.Rect(100, 90, 160, 150)
	d.Select(paint.Rectangle.Filled(d.Bounds(), r), Replace)
	d.Expand(20, 10, 5, 0)
	if got := d.Selection.GrayAt(120, 100).Y; got != 255 || d.Selection.GrayAt(119, 100).Y != 0 {
		t.Error("the canvas grew, and the selection stayed behind")
	}
	d.Crop(image.Rect(110, 0, 200, 200))
	if d.Selection.Rect != d.Picture.Rect || d.Selection.GrayAt(10, 100).Y != 255 || d.Selection.GrayAt(9, 100).Y != 0 {
		t.Error("the canvas was cropped, and the selection stayed behind")
	}
	d.MaskSelection()
	if string(d.Mask.Pix) != string(d.Selection.Pix) {
		t.Error("the mask is not the selection")
	}
	d.SelectInverse()
	d.SelectMask()
	if string(d.Mask.Pix) != string(d.Selection.Pix) {
		t.Error("the selection is not the mask")
	}
	for d.Undo() {
	}
	if d.Picture != nil {
		t.Error("not all was undone")
	}
	for d.Redo() {
	}
	if d.Selection == nil || string(d.Mask.Pix) != string(d.Selection.Pix) {
		t.Error("not all was done again")
	}
	d.Begin(&pixel.File{Picture: noisy(64, 64, 1)}, "", nil)
	if d.Selected() {
		t.Error("another picture has the selection of the one before")
	}
}
