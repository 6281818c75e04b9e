package app

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"nirvana/engine/pixel"
)

// A scribble is a layer of its own: drawn on the empty canvas, kept beside the mask, moved and enlarged with the
// picture, undone, cleared, saved and loaded.
func TestScribble(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		d := b.Document
		b.Facts.ControlNets, b.Facts.ControlNames = 1, []string{"controlnet"}
		b.SetControl(0, func(c *Control) { c.Source = "scribble" })
		if !b.Settings.Scribbling(b.Facts) || !b.Scene().Brush(false).Scribble {
			t.Error("the brush does not draw lines")
		}
		b.SetControl(0, func(c *Control) { c.BrushMasks = true })
		if b.Settings.Scribbling(b.Facts) || b.Scene().Brush(false).Scribble {
			t.Error("set to the mask, the brush draws lines")
		}
		b.SetControl(0, func(c *Control) { c.BrushMasks = false })
		line := Brush{Size: 4, Opacity: 1, Scribble: true}
		at := func(x, y int) uint8 { return d.Scribble.GrayAt(x, y).Y }

		strokeThrough(d, line, [2]float32{10, 10}, [2]float32{40, 10})
		if d.Picture != nil || at(20, 10) != 255 || at(20, 20) != 0 || b.Mode() != TextToImage {
			t.Fatal("nothing was drawn on the empty canvas")
		}
		if c := requested(t, b.Scene().Run()); len(c.Control) != 1 || c.Control[0].Picture.RGBAAt(20, 10) != (color.RGBA{255, 255, 255, 255}) {
			t.Error("the first picture does not follow the lines")
		}
		d.Undo()
		if !pixel.Empty(d.Scribble, d.Scribble.Rect) {
			t.Error("the stroke is not undone")
		}
		d.Redo()

		b.Accept(&Candidate{Picture: noisy(64, 64, 1), Raw: noisy(64, 64, 1), Frame: image.Rect(0, 0, 64, 64)})
		strokeThrough(d, Brush{Size: 10, Opacity: 1}, [2]float32{30, 30}, [2]float32{50, 30})
		if at(20, 10) != 255 || at(40, 30) != 0 || d.Mask.GrayAt(20, 10).Y != 0 || d.Mask.GrayAt(40, 30).Y != 255 {
			t.Error("mask and scribble are not apart")
		}
		d.Expand(8, 16, 0, 0)
		if at(28, 26) != 255 || at(20, 10) != 0 {
			t.Error("the lines did not move with the picture")
		}
		d.Undo()
		if at(20, 10) != 255 {
			t.Error("the lines did not move back")
		}
		b.Accept(&Candidate{Picture: noisy(128, 128, 1), Raw: noisy(128, 128, 1), Frame: image.Rect(0, 0, 128, 128), Replaces: true})
		if at(40, 20) < 200 || d.Scribble.Rect.Dx() != 128 {
			t.Error("the lines were not enlarged with the picture")
		}
		d.Undo()

		strokeThrough(d, Brush{Size: 8, Opacity: 1, Scribble: true, Erase: true}, [2]float32{10, 10}, [2]float32{25, 10})
		if at(15, 10) != 0 || at(38, 10) != 255 || d.Mask.GrayAt(40, 30).Y != 255 {
			t.Error("the eraser took something else")
		}
		file := filepath.Join(t.TempDir(), "lines.png")
		if err := d.ScribbleWriter(file)(); err != nil {
			t.Fatal(err)
		}
		was := string(d.Scribble.Pix)
		d.ClearScribble()
		if !pixel.Empty(d.Scribble, d.Scribble.Rect) || d.CanUndo() != "clear scribble" || d.ScribbleWriter(file+"x.png")() == nil {
			t.Error("it is not cleared")
		}
		if err := d.LoadScribble(file); err != nil || string(d.Scribble.Pix) != was {
			t.Error("what was saved is not what is loaded", err)
		}
		paper := plain(64, 64, color.RGBA{250, 250, 250, 255})
		for x := 10; x < 50; x++ {
			paper.SetRGBA(x, 40, color.RGBA{0, 0, 0, 255})
		}
		if err := pixel.Save(file, paper); err != nil {
			t.Fatal(err)
		}
		if err := d.LoadScribble(file); err != nil || at(20, 40) != 255 || at(20, 20) > 5 {
			t.Error("dark lines on paper are not taken as lines", err)
		}
		if err := d.LoadScribble(file + "none"); err == nil {
			t.Error("a file that is not there was loaded")
		}
		b.NewDocument()
		if d.Scribble != nil {
			t.Error("the new picture has the old one's lines")
		}
	})
}
