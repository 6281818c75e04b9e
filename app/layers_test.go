package app

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/project"
	"nirvana/engine/pixel/composite"
	ink "nirvana/engine/pixel/paint"
)

// blocked is a document with a picture, a layer that is painted on in another mode, and a group.
func blocked(t *testing.T, d *Document) {
	t.Helper()
	d.Set(noisy(300, 270, 1))
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(d.Arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
		return s.Added(s.Active, layers.Layer{Name: "Sky", Opacity: 0.8, Mode: composite.Multiply})
	}))
	_, err := d.BeginPaint(ink.Ink{Source: ink.Flat(color.NRGBA{20, 90, 200, 255}), Opacity: 0.7}, ink.Pen{Size: 60, Softness: 0.5}, 20, 40)
	do(err)
	d.PaintTo(280, 60)
	d.EndStroke()
	do(d.Arrange("group", func(s *layers.Stack) (*layers.Stack, error) { return s.Grouped(s.Active, "Back") }))
}

// Layers are there again after a start, and their steps are undone.
func TestRestoreOfLayers(t *testing.T) {
	home := t.TempDir()
	var picture, before string
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		blocked(t, b.Document)
		picture = string(b.Document.Picture.Pix)
		b.Undo()
		b.Undo()
		before = string(b.Document.Picture.Pix)
		b.Redo()
		b.Redo()
		b.end()
	})
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			b := start(t, home)
			defer b.end()
			s := b.Document.Stack()
			if b.Notice != nil || string(b.Document.Picture.Pix) != picture || len(s.Layers) != 2 || !s.Layers[1].Group || s.Layers[1].Layers[0].Mode != composite.Multiply {
				t.Fatalf("%v %+v", b.Notice, s)
			}
			b.Undo()
			b.Undo()
			if string(b.Document.Picture.Pix) != before {
				t.Error("the stroke cannot be undone after a start")
			}
			b.Redo()
			b.Redo()
			if string(b.Document.Picture.Pix) != picture {
				t.Error("nor done again")
			}
		})
	}
}

// A project keeps its layers and their undo; other programs find them in it, and what one changes is taken up.
func TestProjectWithLayers(t *testing.T) {
	dir := t.TempDir()
	c := studioAt(t, filepath.Join(dir, "a"))
	blocked(t, c.Document)
	path := filepath.Join(dir, "p.ora")
	if err := c.save(path); err != nil {
		t.Fatal(err)
	}
	want := c.Document.Picture
	other := studioAt(t, filepath.Join(dir, "b"))
	if err := other.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	d := other.Document
	if string(d.Picture.Pix) != string(want.Pix) || len(d.Stack().Layers) != 2 || d.CanUndo() != "group" {
		t.Fatalf("%q, %+v", d.CanUndo(), d.Stack())
	}
	for d.CanUndo() != "" {
		if !d.Undo() {
			t.Fatal("a step cannot be undone")
		}
	}
	f, err := project.Read(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Layers) != 2 || f.Layers[0].Name != "Sky" || f.Layers[0].Within.Name != "Back" || f.Layers[0].Op != "svg:multiply" || f.Layers[1].Name != "Picture" {
		t.Fatalf("%+v", f.Layers)
	}
	f.Layers[0].Name, f.Layers[0].Opacity = "Air", 0.5
	if err := project.Write(disk.OS{}, path, f); err != nil {
		t.Fatal(err)
	}
	third := studioAt(t, filepath.Join(dir, "c"))
	if err := third.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	s := third.Document.Stack()
	if l := s.Layers[1].Layers[0]; l.Name != "Air" || l.Opacity != 0.5 || third.Document.CanUndo() != "" {
		t.Errorf("%+v", l)
	}
	// as a foreign file, with its layers
	fourth := studioAt(t, filepath.Join(dir, "d"))
	if err := fourth.OpenProject(path, true); err != nil {
		t.Fatal(err)
	}
	if s := fourth.Document.Stack(); len(s.Layers) != 2 || s.Layers[1].Layers[0].Name != "Air" {
		t.Errorf("%+v", s)
	}
}

// A run reads all that is visible or the chosen layer, and its result lands as a layer where that is set.
func TestRunsAndLayers(t *testing.T) {
	home := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, home)
		defer b.end()
		d := b.Document
		d.Set(noisy(64, 64, 1))
		b.Set(func(s *Settings) { s.Steps, s.Width, s.Height, s.ResultLayer = 2, 64, 64, true })
		b.Generate()
		b.after(time.Minute)
		shown, _ := b.Shown()
		b.Tray.Keep()
		s := d.Stack()
		if len(s.Layers) != 2 || string(d.Picture.Pix) != string(shown.Pix) {
			t.Fatalf("%+v", s)
		}
		if string(s.Only(1, d.Picture.Rect).Pix) != string(noisy(64, 64, 1).Pix) {
			t.Error("the picture under the result changed")
		}
		d.Choose(1)
		b.Set(func(s *Settings) { s.ReadLayer = true })
		b.Generate()
		b.after(time.Minute)
		asked := b.models["a"].asked
		if last := asked[len(asked)-1]; last.Init == nil || string(last.Init.Pix) != string(noisy(64, 64, 1).Pix) {
			t.Error("the run did not read the chosen layer")
		}
		if d.Picture.Rect != image.Rect(0, 0, 64, 64) {
			t.Error(d.Picture.Rect)
		}
	})
}
