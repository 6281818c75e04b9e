package app

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"nirvana/engine/pixel"
)

// What steers the ControlNet is taken from where the artist says, and paint is a drawing then and no mask.
func TestControl(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		asked := func() (mode Mode, img *image.RGBA) {
			t.Helper()
			r := b.prepare(b.Models[0])
			if len(r.job.request.Control) == 0 {
				return r.Mode, nil
			}
			return r.Mode, r.job.request.Control[0].Picture
		}
		picture := plain(64, 64, color.RGBA{0, 0, 0, 255})
		for y := 20; y < 40; y++ {
			for x := 20; x < 40; x++ {
				picture.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
			}
		}
		b.Document.Place(picture, image.Point{})
		b.Document.Fill()
		strokeThrough(b.Document, Brush{Size: 10, Opacity: 1, Scribble: true}, [2]float32{5, 5}, [2]float32{5, 40})
		b.SetControl(func(c *Control) { c.Source = "scribble" })
		if mode, img := asked(); mode != Inpaint || img != nil {
			t.Errorf("without a ControlNet: %v, %v", mode, img != nil)
		}
		b.Facts.ControlNets, b.Facts.ControlNames = 2, []string{"canny", "pose"}
		b.SetControl(func(c *Control) { c.Scale, c.From, c.Until, c.Net = 0.7, 0.1, 0.9, "pose" })
		mode, img := asked()
		if mode != Inpaint || img == nil || img.RGBAAt(5, 20) != (color.RGBA{255, 255, 255, 255}) || img.RGBAAt(30, 20) != (color.RGBA{0, 0, 0, 255}) {
			t.Errorf("scribble: %v, %v", mode, img != nil)
		}
		if c := b.prepare(b.Models[0]).job.request.Control[0]; c.Scale != 0.7 || c.From != 0.1 || c.Until != 0.9 || c.Net != 1 {
			t.Errorf("weights %+v", c)
		}
		b.Document.ClearScribble()
		if _, img = asked(); img != nil {
			t.Error("a scribble without a line steers")
		}
		b.SetControl(func(c *Control) { c.Source = "edges" })
		mode, img = asked()
		if mode != Inpaint || img == nil || img.RGBAAt(30, 30).R != 0 || img.RGBAAt(19, 30).R+img.RGBAAt(20, 30).R != 255 {
			t.Errorf("edges: %v, %v", mode, img != nil)
		}
		file := filepath.Join(t.TempDir(), "depth.png")
		if err := pixel.Save(file, plain(8, 8, color.RGBA{9, 9, 9, 255})); err != nil {
			t.Fatal(err)
		}
		b.SetControl(func(c *Control) { c.Source, c.File = "file", file })
		if _, img = asked(); img == nil || img.Pix[0] != 9 {
			t.Error("a file's picture does not steer")
		}
		b.SetControl(func(c *Control) { c.File = file + ".none" })
		if b.Notice == nil || b.Settings.Control.File != file {
			t.Error("a file that is not there was taken")
		}
		b.SetControl(func(c *Control) { c.Scale = 0 })
		if _, img = asked(); img != nil {
			t.Error("a ControlNet of weight 0 acts")
		}
	})
}
