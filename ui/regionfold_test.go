package ui

import (
	"image"
	"testing"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// While the regions' settings are in view, the canvas outlines all of them, the one whose words are written clearly; what is saved
// of the picture has no outlines.
func TestRegionsAreOutlinedWhileTheirSettingsAreInView(t *testing.T) {
	w := window(t, Options{Home: t.TempDir()})
	f, d := w.panel.regions, w.studio.Document
	d.Set(image.NewRGBA(image.Rect(0, 0, 200, 100)))
	f.fold.Open(true)
	for _, r := range []image.Rectangle{image.Rect(0, 0, 100, 100), image.Rect(120, 20, 180, 80)} {
		w.canvas.Hooks.Selected(canvas.ToolRectangle, r, false, false)
		f.add()
	}
	w.refresh(app.ChangedSettings)
	outlined := func() []canvas.Region { return w.canvas.Scene.Regions }
	if all := outlined(); len(all) != 2 || all[0].Chosen || !all[1].Chosen || all[1].At != d.Bounds() || all[1].Mask.GrayAt(130, 50).Y != 255 || all[1].Mask.GrayAt(50, 50).Y != 0 {
		t.Fatalf("a new region is not outlined as the chosen one: %+v", outlined())
	}
	w.win.Canvas().Focus(f.rows[0].words)
	if all := outlined(); !all[0].Chosen || all[1].Chosen {
		t.Error("the region whose words are written is not the chosen one")
	}
	d.Set(image.NewRGBA(image.Rect(0, 0, 400, 200)))
	d.PutFrame(image.Rect(100, 0, 300, 200))
	w.refresh(app.ChangedPicture)
	if all := outlined(); all[0].At != d.Frame {
		t.Errorf("of another size than the picture a region is outlined over %v, and acts over %v", all[0].At, d.Frame)
	}
	w.toggleBare()
	if len(outlined()) > 0 {
		t.Error("regions are outlined while nothing but the picture is shown")
	}
	w.toggleBare()
	w.studio.Set(func(s *app.Settings) { s.Regions = s.Regions[1:] })
	w.refresh(app.ChangedSettings)
	if len(outlined()) != 1 || len(f.places) != 1 {
		t.Errorf("%d outlines and %d masks of one region", len(outlined()), len(f.places))
	}
	f.fold.Open(false)
	w.refresh(app.ChangedSettings)
	if len(outlined()) > 0 {
		t.Error("regions are outlined while their settings are closed")
	}
}
