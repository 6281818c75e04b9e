package app

import (
	"image"
	"image/color"
	"path/filepath"
	"reflect"
	"testing"

	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// noBlobs keeps no pictures.
type noBlobs struct{}

func (noBlobs) Color(*image.RGBA, *error) string     { return "" }
func (noBlobs) Grey(*image.Gray, *error) string      { return "" }
func (noBlobs) LoadColor(string, *error) *image.RGBA { return nil }
func (noBlobs) LoadGrey(string, *error) *image.Gray  { return nil }

// What steers the ControlNet is taken from where the artist says, and paint is a drawing then and no mask.
func TestControl(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		asked := func() (mode Mode, img *image.RGBA) {
			t.Helper()
			r := b.Scene().Run()
			q := requested(t, r)
			if len(q.Control) == 0 {
				return r.Mode, nil
			}
			return r.Mode, q.Control[0].Picture
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
		b.SetControl(0, func(c *Control) { c.Source = "scribble" })
		if mode, img := asked(); mode != Inpaint || img != nil {
			t.Errorf("without a ControlNet: %v, %v", mode, img != nil)
		}
		b.Facts.ControlNets, b.Facts.ControlNames = 2, []string{"canny", "pose"}
		b.SetControl(0, func(c *Control) { c.Scale, c.From, c.Until, c.Net = 0.7, 0.1, 0.9, "pose" })
		mode, img := asked()
		if mode != Inpaint || img == nil || img.RGBAAt(5, 20) != (color.RGBA{255, 255, 255, 255}) || img.RGBAAt(30, 20) != (color.RGBA{0, 0, 0, 255}) {
			t.Errorf("scribble: %v, %v", mode, img != nil)
		}
		if c := requested(t, b.Scene().Run()).Control[0]; c.Scale != 0.7 || c.From != 0.1 || c.Until != 0.9 || c.Net != 1 {
			t.Errorf("weights %+v", c)
		}
		b.Document.ClearScribble()
		if _, img = asked(); img != nil {
			t.Error("a scribble without a line steers")
		}
		b.SetControl(0, func(c *Control) { c.Source = "edges" })
		mode, img = asked()
		if mode != Inpaint || img == nil || img.RGBAAt(30, 30).R != 0 || img.RGBAAt(19, 30).R+img.RGBAAt(20, 30).R != 255 {
			t.Errorf("edges: %v, %v", mode, img != nil)
		}
		file := filepath.Join(t.TempDir(), "depth.png")
		if err := pixel.Save(file, plain(8, 8, color.RGBA{9, 9, 9, 255})); err != nil {
			t.Fatal(err)
		}
		b.SetControl(0, func(c *Control) { c.Source, c.File = "file", file })
		b.settle()
		if _, img = asked(); img == nil || img.Pix[0] != 9 {
			t.Error("a file's picture does not steer")
		}
		b.SetControl(0, func(c *Control) { c.File = file + ".none" })
		b.settle()
		if b.Notice == nil || b.Settings.Control.File != file {
			t.Error("a file that is not there was taken")
		}
		b.SetControl(0, func(c *Control) { c.Scale = 0 })
		if _, img = asked(); img != nil {
			t.Error("a ControlNet of weight 0 acts")
		}
	})
}

// Several ControlNets act at once, each with its own picture and weight; one that has nothing to follow is left out.
// They come back from the saved state, from a recipe, and go one by one.
func TestSeveralControls(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Facts.ControlNets, b.Facts.ControlNames = 2, []string{"canny", "pose"}
		b.Document.Place(plain(64, 64, color.RGBA{9, 9, 9, 255}), image.Point{})
		file := filepath.Join(t.TempDir(), "pose.png")
		if err := pixel.Save(file, plain(8, 8, color.RGBA{200, 9, 9, 255})); err != nil {
			t.Fatal(err)
		}
		b.SetControl(0, func(c *Control) { c.Source, c.Scale = "edges", 0.8 })
		b.Set(func(t *Settings) { t.AddControl(b.Facts.ControlNames) })
		b.Set(func(t *Settings) { t.AddControl(b.Facts.ControlNames) })
		b.SetControl(1, func(c *Control) { c.Source, c.File, c.Scale, c.From, c.Until = "file", file, 0.5, 0.2, 0.7 })
		b.settle()
		b.SetControl(2, func(c *Control) { c.Source = "scribble" })
		j, err := b.Scene().Run().Job.Prepared()
		if err != nil {
			t.Fatal(err)
		}
		if got := j.Request.Control; len(got) != 2 || got[0].Net != 0 || got[0].Scale != 0.8 || got[1].Net != 1 || got[1].Scale != 0.5 || got[1].From != 0.2 || got[1].Until != 0.7 || got[1].Picture.Pix[0] != 200 {
			t.Fatalf("%+v", got)
		}
		j.Remember()
		made := j.Recipe
		want := []recipe.Control{{Net: "canny", Weight: 0.8, Until: 1}, {Net: "pose", Weight: 0.5, From: 0.2, Until: 0.7}}
		if !reflect.DeepEqual(made.Controls, want) || made.Pictures["control"] == "" || made.Pictures["control 2"] == "" || made.Pictures["control"] == made.Pictures["control 2"] {
			t.Errorf("the recipe says %+v %v", made.Controls, made.Pictures)
		}
		var failed error
		keep := b.Settings.Controls()
		saved := j.Save(noBlobs{}, &failed)
		if back := saved.Restore(noBlobs{}, &failed); failed != nil || !reflect.DeepEqual(back.Nets, []string{"canny", "pose"}) {
			t.Errorf("a queued run comes back with %v, %v", back.Nets, failed)
		}
		saved.Nets = nil // as older journals have it
		if back := saved.Restore(noBlobs{}, &failed); len(back.Nets) != 2 {
			t.Errorf("an older queued run comes back with %v", back.Nets)
		}
		b.Set(func(t *Settings) { t.DropControl(0) })
		if all := b.Settings.Controls(); len(all) != 2 || all[0].File != file || all[1].Source != "scribble" {
			t.Errorf("without the first: %+v", all)
		}
		b.Set(func(t *Settings) { t.DropControl(1) })
		b.Set(func(t *Settings) { t.DropControl(0) })
		if all := b.Settings.Controls(); len(all) != 1 || all[0].Source != "" || all[0].Scale != 1 {
			t.Errorf("without any: %+v", all)
		}
		b.Use(made)
		if all := b.Settings.Controls(); len(all) != 2 || all[0].Net != "canny" || all[0].Scale != 0.8 || all[1].Net != "pose" || all[1].Until != 0.7 {
			t.Errorf("from the recipe: %+v", all)
		}
		for range 9 {
			b.Set(func(t *Settings) { t.AddControl(b.Facts.ControlNames) })
		}
		if n := len(b.Settings.Controls()); n != MaxControls || len(keep) != 3 {
			t.Errorf("%d at once, %d before", n, len(keep))
		}
	})
}
