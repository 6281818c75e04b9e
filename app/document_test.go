package app

import (
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine/pixel"
)

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
	studio(t, func(b *bench) {
		type copyOf struct {
			picture string
			size    image.Rectangle
			mask    string
			frame   image.Rectangle
			lines   string
		}
		d := b.Document
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
				d.accept(&Candidate{raw: noisy(64, 64, r.Uint64()), Frame: image.Rect(x, y, x+64, y+64)})
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
	})
}

func TestUndoForgetsTheOldest(t *testing.T) {
	studio(t, func(b *bench) {
		d := b.Document
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
	})
}

// 64 strokes on a large picture keep tiles, not pictures.
func TestUndoOfStrokesIsSmall(t *testing.T) {
	studio(t, func(b *bench) {
		d := b.Document
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
	})
}

// Opacity is that of the whole stroke, however often it crosses itself, and adds up between strokes.
func TestStrokeOpacity(t *testing.T) {
	studio(t, func(b *bench) {
		d := b.Document
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
	})
}

// What a stroke says it changed is all that it changed.
func TestStrokeDirty(t *testing.T) {
	studio(t, func(b *bench) {
		d := b.Document
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
	})
}

func TestPaintingAnUnkeptCandidateKeepsIt(t *testing.T) {
	studio(t, func(b *bench) {
		b.Tray.add(&Candidate{Picture: noisy(64, 64, 1), Frame: image.Rect(0, 0, 64, 64)})
		strokeThrough(b.Document, b.Brush(false), [2]float32{30, 30})
		if b.Document.Picture == nil || pixel.Empty(b.Document.Mask, b.Document.Mask.Rect) || len(b.Tray.Candidates) != 0 {
			t.Error("the stroke was lost")
		}
		b.Document.New()
		b.Tray.Clear()
		strokeThrough(b.Document, b.Brush(false), [2]float32{30, 30})
		if b.Document.Mask != nil {
			t.Error("an empty document has a mask")
		}
	})
}

func TestFrame(t *testing.T) {
	studio(t, func(b *bench) {
		d := b.Document
		d.Set(noisy(150, 101, 1))
		if d.Frame != image.Rect(3, 2, 147, 98) || b.Settings.Width != 144 || b.Mode() != ImageToImage {
			t.Errorf("the frame over 150 x 101 is %v", d.Frame)
		}
		d.BeginFrame()
		steps := len(d.undo.done)
		for i := range 20 {
			d.SetFrame(image.Rect(i, i, i+61, i+70))
		}
		d.EndFrame()
		if d.Frame != image.Rect(19, 19, 19+64, 19+72) || len(d.undo.done) != steps+1 {
			t.Errorf("dragged to %v in %d steps", d.Frame, len(d.undo.done)-steps)
		}
		b.Set(func(s *Settings) { s.Width, s.Height = 130, 72 })
		if d.Frame.Size() != image.Pt(128, 72) || d.Frame.Min.X != 19-32 {
			t.Errorf("the size from the panel made the frame %v", d.Frame)
		}
		d.Rectangle(image.Rect(40, 40, 60, 50), Replace)
		d.FitFrame()
		if d.Frame != image.Rect(38, 37, 62, 53) {
			t.Errorf("fitted to the selection: %v", d.Frame)
		}
		d.ZoomOut(2)
		if b.Mode() != Outpaint || d.Frame.Dx() != 304 {
			t.Errorf("%v with frame %v", b.Mode(), d.Frame)
		}
	})
}

func TestFilesOfTheDocument(t *testing.T) {
	studio(t, func(b *bench) {
		dir := t.TempDir()
		d := b.Document
		if b.Export(filepath.Join(dir, "x.png")) == nil || d.LoadMask("x") == nil || d.SaveMask("x") == nil {
			t.Error("there was nothing to save, and no word of it")
		}
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Seed, s.Width, s.Height = "a 火 kite, red", 4, 9, 64, 64 })
		b.Generate()
		b.after(60e9)
		path := filepath.Join(dir, "made.png")
		if err := b.Export(path); err != nil {
			t.Fatal(err)
		}
		r, ok := RecipeIn(path)
		if !ok || r.Prompt != "a 火 kite, red" || r.Seed != 9 || r.Model != "A" || r.Mode != "text to image" {
			t.Errorf("%+v", r)
		}
		b.Set(func(s *Settings) { s.Prompt, s.Seed, s.Steps = "", 1, 30 })
		b.Use(r)
		if s := b.Settings; s.Prompt != r.Prompt || s.Seed != 9 || !s.Locked || s.Steps != 4 {
			t.Errorf("%+v", s)
		}
		if err := d.Open(path); err != nil || d.Picture.Pix[0] != 9 || d.recipe.Seed != 9 || len(b.Tray.Candidates) != 0 {
			t.Error(err)
		}
		d.Ellipse(image.Rect(5, 5, 50, 40), Replace)
		mask := string(d.Mask.Pix)
		if err := d.SaveMask(filepath.Join(dir, "mask.png")); err != nil {
			t.Fatal(err)
		}
		d.Clear()
		if err := d.LoadMask(filepath.Join(dir, "mask.png")); err != nil || string(d.Mask.Pix) != mask {
			t.Error("the mask did not come back", err)
		}
		bad := filepath.Join(dir, "bad.png")
		os.WriteFile(bad, []byte("\x89PNG\r\n\x1a\nrubbish"), 0o644)
		before := d.Picture
		if err := d.Open(bad); err == nil || d.Picture != before {
			t.Error("a damaged picture replaced the document")
		}
		if err := b.Export(filepath.Join(dir, "no", "y.png")); err == nil {
			t.Error("exported into no folder")
		}
	})
}

func BenchmarkStroke4096(b *testing.B) {
	d := &Document{studio: &Studio{}, Picture: image.NewRGBA(image.Rect(0, 0, 4096, 4096)), Mask: image.NewGray(image.Rect(0, 0, 4096, 4096))}
	d.studio.Document = d
	d.studio.Tray = &Tray{studio: d.studio}
	d.BeginStroke(Brush{Size: 128, Softness: 0.5, Opacity: 1}, 1000, 1000)
	i := 0
	for b.Loop() {
		i++
		d.StrokeTo(1000+float32(i%100)*20, 1000+float32(i%70)*20)
	}
}

// Cropped, a frame that lay over everything lies over what is left; one inside of that, or over its edge, stays where it was.
func TestCropMovesTheFrame(t *testing.T) {
	for _, c := range []struct{ frame, crop, want image.Rectangle }{
		{image.Rect(0, 0, 128, 128), image.Rect(16, 24, 80, 104), image.Rect(0, 0, 64, 80)},
		{image.Rect(-32, 0, 160, 128), image.Rect(16, 24, 80, 104), image.Rect(0, 0, 64, 80)},
		{image.Rect(32, 32, 96, 96), image.Rect(16, 16, 112, 112), image.Rect(16, 16, 80, 80)},
		{image.Rect(64, 0, 192, 128), image.Rect(16, 24, 80, 104), image.Rect(48, -24, 176, 104)},
		{image.Rect(-64, -64, 192, 192), image.Rect(-16, -16, 144, 144), image.Rect(-48, -48, 208, 208)}, // grown
	} {
		studio(t, func(b *bench) {
			d := b.Document
			d.Set(noisy(128, 128, 2))
			d.SetFrame(c.frame)
			d.Crop(c.crop)
			if d.Frame != c.want || d.Picture.Rect.Size() != c.crop.Size() || b.Settings.Width != c.want.Dx() {
				t.Errorf("frame %v cropped to %v: frame %v, want %v", c.frame, c.crop, d.Frame, c.want)
			}
			d.Undo()
			if d.Frame != c.frame || b.Settings.Width != c.frame.Dx() {
				t.Errorf("undone, the frame %v is %v", c.frame, d.Frame)
			}
		})
	}
}
