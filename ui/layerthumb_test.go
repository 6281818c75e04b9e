package ui

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/app/layers"
	"nirvana/engine/pixel/paint"
)

// Every layer's row shows its own pixels, small, and again after they were painted on; a hidden one's too.
func TestLayerThumbnails(t *testing.T) {
	w := window(t, Options{})
	d, f := w.studio.Document, w.panel.layers
	d.Set(blank(image.Pt(300, 150)))
	w.refresh(app.ChangedPicture)
	at := func(row int, x, y float64) color.NRGBA {
		img := f.rows[row].thumb.shown.Image
		b := img.Bounds()
		return color.NRGBAModel.Convert(img.At(int(x*float64(b.Dx())), int(y*float64(b.Dy())))).(color.NRGBA)
	}
	white := color.NRGBA{255, 255, 255, 255}
	if at(0, 0.5, 0.5) != white || f.rows[0].thumb.shown.Image.Bounds().Dy() != smallPixels/2 {
		t.Fatal("the picture's row does not show it")
	}
	w.arrange("add layer", func(s *layers.Stack) (*layers.Stack, error) {
		return s.Added(s.Active, layers.Layer{Name: "Sun", Opacity: 1})
	})
	red := color.NRGBA{220, 10, 10, 255}
	ink := paint.Ink{Source: paint.Flat(red), Opacity: 1}
	if err := d.Cover("shape", ink, paint.Rectangle.Filled(d.Bounds(), image.Rect(0, 0, 150, 150))); err != nil {
		t.Fatal(err)
	}
	w.refresh(app.ChangedLayers)
	if at(0, 0.25, 0.5) != red || at(0, 0.75, 0.5) == white || at(0, 0.75, 0.5) == red || at(1, 0.25, 0.5) != white {
		t.Error("the rows do not show what is on each layer", at(0, 0.25, 0.5), at(0, 0.75, 0.5), at(1, 0.25, 0.5))
	}
	d.Undo()
	w.refresh(app.ChangedLayers)
	if at(0, 0.25, 0.5) == red {
		t.Error("undone, the row still shows it")
	}
}

// A layer of any size is as quick to be made small.
func BenchmarkLayerThumbnail(b *testing.B) {
	img := blank(image.Pt(4096, 4096))
	l := layers.Raster("large", img, image.Point{})
	for b.Loop() {
		thumbnail(img.Rect, l.Pixels.At)
	}
}

// Without a layer there is nothing to set; with one, or a result that becomes one, there is.
func TestLayerControlsNeedALayer(t *testing.T) {
	w := window(t, Options{})
	f := w.panel.layers
	usable := func() (out int) {
		for _, c := range []fyne.Disableable{f.opacity.slider, f.opacity.entry, f.mode, f.lockAlpha, f.change.scale.entry, f.needs[0], f.change.flips[0]} {
			if !c.Disabled() {
				out++
			}
		}
		return out
	}
	w.flush()
	w.refresh(^app.Change(0) &^ app.ChangedSettings)
	if !w.panel.colour.from.Disabled() {
		t.Error("an empty canvas has colours to show")
	}
	if usable() != 0 || f.opacity.entry.Text != decimals(1, 2) {
		t.Errorf("an empty canvas: %d controls of a layer can be used, the opacity is %q", usable(), f.opacity.entry.Text)
	}
	w.studio.Document.Set(image.NewRGBA(image.Rect(0, 0, 32, 32)))
	w.flush()
	if w.panel.colour.from.Disabled() {
		t.Error("a picture's colours cannot be shown")
	}
	if usable() != 7 {
		t.Errorf("a picture: %d of 7 controls can be used", usable())
	}
}
