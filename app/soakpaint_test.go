package app

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/layers"
	inks "nirvana/engine/pixel/paint"
	"nirvana/engine/pixel/transform"
)

// TestADayOfPainting paints on 2048 x 2048 px: strokes of colour and of the mask, shapes, selections, moves, layers that
// come and go, undo and redo, all of it kept in the journal, NIRVANA_SOAK of them: from some 300 on, which take a minute.
// Beyond the layers and the steps that can be undone, the heap stays as it is, and so does the state on the disk.
func TestADayOfPainting(t *testing.T) {
	var steps int
	if fmt.Sscan(os.Getenv("NIRVANA_SOAK"), &steps); steps < 300 {
		t.Skip("NIRVANA_SOAK is not set to 300 steps or more")
	}
	const side = 2048
	home := t.TempDir()
	c := studioAt(t, home)
	d, r := c.Document, rand.New(rand.NewPCG(20, 48))
	d.Set(plain(side, side, color.RGBA{250, 250, 245, 255}))
	point := func() [2]float32 { return [2]float32{r.Float32() * side, r.Float32() * side} }
	area := func() image.Rectangle {
		at := image.Pt(r.IntN(side-200), r.IntN(side-200))
		return image.Rectangle{Min: at, Max: at.Add(image.Pt(50+r.IntN(400), 50+r.IntN(400)))}
	}
	ink := func() inks.Ink {
		return inks.Ink{Source: inks.Flat{R: uint8(r.IntN(256)), G: uint8(r.IntN(256)), B: uint8(r.IntN(256)), A: 255}, Opacity: 0.5 + r.Float32()/2}
	}
	step := func() error {
		switch r.IntN(12) {
		case 0, 1, 2, 3:
			a, b := point(), point()
			if _, err := d.BeginPaint(ink(), inks.Pen{Size: 10 + 60*r.Float32(), Softness: r.Float32()}, a[0], a[1]); err != nil {
				return err
			}
			d.Thin(r.Float32() * 0.8)
			d.PaintTo((a[0]+b[0])/2, (a[1]+b[1])/2)
			d.EndStroke()
		case 4:
			return d.Cover("shape", ink(), inks.Ellipse.Filled(d.Bounds(), area()))
		case 5:
			strokeThrough(d, Brush{Size: 60, Softness: 0.5, Opacity: 1, Erase: r.IntN(3) == 0}, point(), point())
		case 6:
			d.Select(inks.Rectangle.Filled(d.Bounds(), area()), Replace)
		case 7:
			d.SelectNone()
		case 8:
			m := transform.Identity
			m.Move = [2]float64{float64(r.IntN(40) - 20), float64(r.IntN(40) - 20)}
			err := d.PreviewTransform(d.Stack().Active, m)
			d.EndStroke()
			return err
		case 9:
			for range 1 + r.IntN(4) {
				c.Undo()
			}
			c.Redo()
		case 10:
			return d.Arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
				if s.Count() > 4 {
					return s.MergedDown(s.Active)
				}
				return s.Added(s.Active, layers.Layer{Name: s.Free("Layer"), Opacity: 1})
			})
		case 11:
			s := d.Stack()
			d.Choose(s.Layers[r.IntN(len(s.Layers))].ID)
		}
		return nil
	}
	state := func() (files, bytes int) {
		filepath.Walk(filepath.Join(home, "state"), func(_ string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() {
				files, bytes = files+1, bytes+int(info.Size())
			}
			return nil
		})
		return files, bytes
	}
	beyond := func() int { return heap() - d.UndoBytes() - d.Stack().Bytes(nil) }
	var early, earlyFiles int
	for i := 1; i <= steps; i++ {
		if err := step(); err != nil && err != layers.ErrGone {
			t.Logf("step %d: %v", i, err)
		}
		if i%20 == 0 && !c.until(func() bool { return c.Keeper.Quiet() }) {
			t.Fatal("the journal does not keep up")
		}
		if i == steps/2 { // undo has been full for a while
			early = beyond()
			earlyFiles, _ = state()
		}
	}
	c.until(func() bool { return c.Keeper.Quiet() })
	late := beyond()
	files, bytes := state()
	done, undone := d.Steps()
	t.Logf("%d MiB beyond layers and undo, later %d MiB; %d steps of undo of %d MiB; %d and %d files of state, %d MiB; %d MiB resident", early>>20, late>>20, done+undone, d.UndoBytes()>>20, earlyFiles, files, bytes>>20, resident()>>20)
	if done+undone < 20 {
		t.Errorf("only %d steps can be undone", done+undone)
	}
	if late > early+early/4+64<<20 {
		t.Errorf("the heap grew from %d to %d MiB", early>>20, late>>20)
	}
	if files > 2*earlyFiles+200 {
		t.Errorf("the state grew from %d to %d files", earlyFiles, files)
	}
}
