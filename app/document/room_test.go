package document

import (
	"errors"
	"image"
	"image/color"
	"runtime/debug"
	"testing"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/transform"
)

// full leaves the program no memory until the test ends, or the function is called.
func full(t *testing.T) (empty func()) {
	t.Helper()
	was := debug.SetMemoryLimit(1)
	empty = func() { debug.SetMemoryLimit(was) }
	t.Cleanup(empty)
	return empty
}

// edits are everything that needs memory by the size of the picture. Those without an error tell it to Refused.
func largeEdits(d *Document) map[string]func() error {
	img, all := image.NewRGBA(image.Rect(0, 0, 90, 70)), image.Rect(0, 0, 300, 260)
	told := func(f func()) func() error { return func() error { f(); return nil } }
	ink := paint.Ink{Source: paint.Flat{R: 9, A: 255}, Opacity: 1}
	arranged := func(f func(*layers.Stack) (*layers.Stack, error)) func() error {
		return func() error { return d.Arrange("it", f) }
	}
	double := transform.Transform{ScaleX: 2, ScaleY: 2}
	return map[string]func() error{
		"set":         told(func() { d.Set(img) }),
		"place":       told(func() { d.Place(img, image.Pt(280, 10)) }),
		"crop":        told(func() { d.Crop(image.Rect(5, 5, 100, 90)) }),
		"expand":      told(func() { d.Expand(10, 20, 30, 40) }),
		"keep":        told(func() { d.Accept(Result{Picture: img, Frame: img.Rect}, nil, false) }),
		"keep beyond": told(func() { d.Accept(Result{Picture: img, Frame: img.Rect.Add(image.Pt(290, 0))}, nil, false) }),
		"undo":        told(func() { d.Undo() }),
		"mask stroke": told(func() { d.BeginStroke(Brush{Size: 9, Opacity: 1}, 30, 30); d.EndStroke() }),
		"rectangle":   told(func() { d.Rectangle(image.Rect(3, 3, 90, 90), Add) }),
		"flood":       told(func() { d.Flood(image.Pt(9, 9), 4, Replace) }),
		"invert":      told(d.Invert),
		"grow":        told(func() { d.Grow(4) }),
		"select all":  told(d.SelectAll),
		"inverse":     told(d.SelectInverse),
		"copy":        told(func() { d.Piece() }),
		"paint":       func() error { _, err := d.BeginPaint(ink, paint.Pen{Size: 9}, 40, 40); d.EndStroke(); return err },
		"gradient":    func() error { return d.Cover("gradient", ink, paint.Everywhere(all)) },
		"transform":   func() error { return d.PreviewTransform(d.Stack().Active, double) },
		"paste":       func() error { return d.PutPiece(image.NewNRGBA(image.Rect(10, 10, 80, 60))) },
		"flatten":     arranged(func(s *layers.Stack) (*layers.Stack, error) { return s.Flattened("all") }),
		"merge":       arranged(func(s *layers.Stack) (*layers.Stack, error) { return s.MergedDown(s.Active) }),
		"text":        arranged(func(s *layers.Stack) (*layers.Stack, error) { return written(s) }),
	}
}

func written(s *layers.Stack) (*layers.Stack, error) {
	return s.Added(s.Active, layers.Raster("text", image.NewNRGBA(image.Rect(0, 0, 9, 9)), image.Point{}))
}

func TestNoMemory(t *testing.T) {
	for name := range largeEdits(nil) {
		t.Run(name, func(t *testing.T) {
			var refused error
			d := New(image.Rect(0, 0, 256, 256), Hooks{Refused: func(err error) { refused = errors.Join(refused, err) }})
			img := image.NewRGBA(image.Rect(0, 0, 300, 260))
			for i := range img.Pix {
				img.Pix[i] = 255
			}
			d.Set(img)
			if err := d.PutPiece(image.NewNRGBA(image.Rect(0, 0, 30, 30))); err != nil {
				t.Fatal(err)
			}
			d.Rectangle(image.Rect(0, 0, 20, 20), Replace)
			d.SelectMask()
			stack, picture := d.Stack(), d.Picture
			mask, selection := copied(d.Mask), copied(d.Selection)
			steps, _ := d.Steps()
			edit := largeEdits(d)[name]

			empty := full(t)
			err := edit()
			d.DropStroke()
			empty()
			if err = errors.Join(err, refused); err == nil {
				t.Fatal("it was not refused")
			}
			var short *memory.Short
			if !errors.As(err, &short) {
				t.Errorf("it says %v", err)
			}
			now, undone := d.Steps()
			if d.Stack() != stack || d.Picture != picture || now != steps || undone != 0 || string(d.Mask.Pix) != string(mask.Pix) || string(d.Selection.Pix) != string(selection.Pix) {
				t.Error("something has changed")
			}
			refused = nil
			if err := errors.Join(edit(), refused); err != nil {
				t.Errorf("with memory again: %v", err)
			}
		})
	}
}

// A result whose frame is far away makes a canvas that none can hold: it is said before the run, and where it is kept.
func TestCanvasTooLarge(t *testing.T) {
	var refused error
	d := New(image.Rect(0, 0, 64, 64), Hooks{Refused: func(err error) { refused = err }})
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	img.Set(3, 3, color.White)
	d.Set(img)
	far := img.Rect.Add(image.Pt(900000, 500000))
	if err := d.Canvas(far).Fits(); fault.Of(err) != fault.TooLarge {
		t.Error(err)
	}
	if d.Canvas(img.Rect.Add(image.Pt(40, 0))).Fits() != nil || (*Canvas)(nil).Fits() != nil {
		t.Error("a small canvas does not fit")
	}
	if d.Accept(Result{Picture: img, Frame: far}, nil, false) || fault.Of(refused) != fault.TooLarge || d.Picture != img {
		t.Errorf("%v", refused)
	}
	if shown, _ := d.With(Result{Picture: img, Frame: far}); shown != img {
		t.Error("another picture is shown")
	}
	refused = nil
	if d.Expand(1e6, 0, 1e6, 0); fault.Of(refused) != fault.TooLarge || d.Picture != img || pixel.MaxPixels < 1e6 {
		t.Error(refused)
	}
}
