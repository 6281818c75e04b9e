package compose

import (
	"image"
	"path/filepath"
	"reflect"
	"testing"

	"nirvana/app/library"
	"nirvana/app/settings"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// A run that is queued while another model is open, or none, is the one that the chosen model would be given if it were open: with
// its regions and options, and without those of the other one.
func TestUnopened(t *testing.T) {
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	mask := image.NewGray(image.Rectangle{Max: d.Picture.Rect.Size()})
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	dir := t.TempDir()
	region, picture := filepath.Join(dir, "region.png"), filepath.Join(dir, "picture.png")
	for _, file := range []string{region, picture} {
		if err := pixel.Save(file, mask); err != nil {
			t.Fatal(err)
		}
	}
	words := engine.Facts{Text: true, Width: 64, Height: 64, Multiple: 8, Steps: 20, Guidance: 3, Sampler: "EulerDiscreteScheduler"}
	with := func(change func(*engine.Facts)) engine.Facts {
		f := words
		change(&f)
		return f
	}
	for name, f := range map[string]engine.Facts{
		"text":     words,
		"pixels":   with(func(f *engine.Facts) { f.Text, f.Pixel, f.Classes = false, true, []string{"cat", "dog"} }),
		"depth":    with(func(f *engine.Facts) { f.Depth = true }),
		"edits":    with(func(f *engine.Facts) { f.Instruct, f.PictureGuided = true, true }),
		"several":  with(func(f *engine.Facts) { f.References, f.TrueGuided = 3, true }),
		"XL":       with(func(f *engine.Facts) { f.Sizes = true }),
		"masks":    with(func(f *engine.Facts) { f.Inpaint = true }),
		"controls": with(func(f *engine.Facts) { f.ControlNets, f.ControlNames = 2, []string{"canny", "depth"} }),
	} {
		s := scene(d)
		s.Settings.Regions = []settings.Region{{File: region, Prompt: "a kite", Weight: 2}}
		s.Settings.References, s.Settings.DepthFile, s.Settings.Class = []string{picture, picture, picture}, picture, 1
		s.Settings.ImageGuidance, s.Settings.TrueGuidance, s.Settings.Keep = 1.4, 2.5, 0.5
		s.Settings.Control.Source, s.Settings.Control.Net = "edges", "depth"
		s.Model = library.Model{Name: name, Width: 64, Height: 64, Steps: 20, Guidance: 3}
		s.Facts = f
		opened, err := s.Run().Job.Prepared()
		if err != nil {
			t.Fatal(name, err)
		}
		for _, other := range []engine.Facts{{}, {Text: true, Classes: []string{"x"}, Steps: 3, Sampler: "LCMScheduler"}} {
			s.Facts, s.Unopened = other, true
			j, err := s.Run().Job.Prepared()
			if err != nil {
				t.Fatal(name, err)
			}
			j.Suit(f)
			a, b := opened.Request, j.Request
			if len(a.Regions) != len(b.Regions) || len(a.References) != len(b.References) || (a.Depth == nil) != (b.Depth == nil) || !reflect.DeepEqual(a.ClassLabels, b.ClassLabels) ||
				a.ImageGuidance != b.ImageGuidance || a.TrueGuidance != b.TrueGuidance || len(a.Control) != len(b.Control) || !reflect.DeepEqual(opened.Nets, j.Nets) ||
				!reflect.DeepEqual(a.Changes, b.Changes) || !reflect.DeepEqual(a.Control, b.Control) || a.Width != b.Width || a.Strength != b.Strength {
				t.Errorf("%s: %d regions, %d references, classes %v, ControlNets %v, changes %v instead of %d, %d, %v, %v, %v", name, len(b.Regions), len(b.References), b.ClassLabels, j.Nets, b.Changes,
					len(a.Regions), len(a.References), a.ClassLabels, opened.Nets, a.Changes)
			}
			x, y := opened.Recipe, j.Recipe
			x.ModelHash, y.ModelHash = "", ""
			if !reflect.DeepEqual(x, y) {
				t.Errorf("%s: the recipes are\n%+v\n%+v", name, x, y)
			}
		}
		if len(opened.Request.Regions) == 0 && f.Text {
			t.Error(name, "has no region")
		}
	}
}
