package app

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/files"
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

func TestPaintingAnUnkeptCandidateKeepsIt(t *testing.T) {
	studio(t, func(b *bench) {
		b.Tray.Add(&Candidate{Picture: noisy(64, 64, 1), Frame: image.Rect(0, 0, 64, 64)})
		strokeThrough(b.Document, b.Scene().Brush(false), [2]float32{30, 30})
		if b.Document.Picture == nil || pixel.Empty(b.Document.Mask, b.Document.Mask.Rect) || len(b.Tray.Candidates) != 0 {
			t.Error("the stroke was lost")
		}
		b.NewDocument()
		b.Tray.Clear()
		strokeThrough(b.Document, b.Scene().Brush(false), [2]float32{30, 30})
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
		steps, _ := d.Steps()
		for i := range 20 {
			d.SetFrame(image.Rect(i, i, i+61, i+70))
		}
		d.EndFrame()
		if n, _ := d.Steps(); d.Frame != image.Rect(19, 19, 19+64, 19+72) || n != steps+1 {
			t.Errorf("dragged to %v in %d steps", d.Frame, n-steps)
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
		if b.Export(filepath.Join(dir, "x.png")) == nil || d.LoadMask("x") == nil || d.MaskWriter("x")() == nil {
			t.Error("there was nothing to save, and no word of it")
		}
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Seed, s.Width, s.Height = "a 火 kite, red", 4, 9, 64, 64 })
		b.Generate()
		b.after(60e9)
		path := filepath.Join(dir, "made.png")
		if err := b.Export(path); err != nil {
			t.Fatal(err)
		}
		found, ok := files.FoundIn(path)
		r := found.Recipe
		if !ok || r.Prompt != "a 火 kite, red" || r.Seed != 9 || r.Model != "A" || r.Mode != "text to image" {
			t.Errorf("%+v", r)
		}
		b.Set(func(s *Settings) { s.Prompt, s.Seed, s.Steps = "", 1, 30 })
		b.Use(r)
		if s := b.Settings; s.Prompt != r.Prompt || s.Seed != 9 || !s.Locked || s.Steps != 4 {
			t.Errorf("%+v", s)
		}
		if err := b.OpenPicture(path); err != nil || d.Picture.Pix[0] != 9 || d.Recipe.Seed != 9 || len(b.Tray.Candidates) != 0 {
			t.Error(err)
		}
		d.Ellipse(image.Rect(5, 5, 50, 40), Replace)
		mask := string(d.Mask.Pix)
		if err := d.MaskWriter(filepath.Join(dir, "mask.png"))(); err != nil {
			t.Fatal(err)
		}
		d.Clear()
		if err := d.LoadMask(filepath.Join(dir, "mask.png")); err != nil || string(d.Mask.Pix) != mask {
			t.Error("the mask did not come back", err)
		}
		bad := filepath.Join(dir, "bad.png")
		os.WriteFile(bad, []byte("\x89PNG\r\n\x1a\nrubbish"), 0o644)
		before := d.Picture
		if err := b.OpenPicture(bad); err == nil || d.Picture != before {
			t.Error("a damaged picture replaced the document")
		}
		if err := b.Export(filepath.Join(dir, "no", "y.png")); err == nil {
			t.Error("exported into no folder")
		}
	})
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
