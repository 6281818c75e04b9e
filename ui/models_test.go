package ui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"nirvana/app"
)

// Models of one name are told apart by no more of their folders than that takes.
func TestModelLabels(t *testing.T) {
	var models []app.ModelInfo
	for _, dir := range []string{"/program/nirvana", "/disk/sketches", "/other/sketches", "/other/sketches"} {
		models = append(models, app.ModelInfo{Name: "nirvana", Dir: dir})
	}
	models = append(models, app.ModelInfo{Name: "ddpm", Dir: "/disk/sketches"})
	want := []string{"nirvana", "nirvana  ·  sketches", "nirvana  ·  other/sketches", "nirvana  ·  /other/sketches", "ddpm"}
	if got := modelLabels(models); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Ten thousand models are searched and scrolled as ten are: the list draws what is seen, and a change of the settings asks for
// no work over all of them. Times are far from what they take, for machines that are full; with -short, as under the race
// detector, they are not judged.
func TestThousandsOfModels(t *testing.T) {
	w := window(t, Options{})
	w.win.Resize(fyne.NewSize(1100, 700))
	for i := range 10_000 {
		w.studio.Models = append(w.studio.Models, app.ModelInfo{Name: fmt.Sprintf("model %05d", i), Dir: fmt.Sprintf("/disk/%d.safetensors", i), Kind: "Stable Diffusion XL", Root: "/disk"})
	}
	w.studio.Models[77].Lacks = "the VAE"
	w.refresh(^app.Change(0))
	w.showModels()
	l := w.library
	if len(l.rows) < 10_000 || l.rows[0].model == nil {
		t.Fatalf("%d rows", len(l.rows))
	}
	began := time.Now()
	for range 20 {
		w.refresh(app.ChangedSettings)
	}
	if each := time.Since(began) / 20; each > 250*time.Millisecond && !testing.Short() {
		t.Errorf("a change of the settings takes %v", each)
	}
	test.Type(l.search, "05 model 777")
	if len(l.rows) != 1 || l.rows[0].label != "model 05777" {
		t.Errorf("%d rows have 05, model and 777 in them", len(l.rows))
	}
	l.search.SetText("xl 00077")
	if len(l.rows) != 1 || l.rows[0].label != "model 00077" {
		t.Fatalf("found %+v", l.rows)
	}
	line := newModelLine(l)
	line.show(l.rows[0])
	if line.remove.Visible() || !line.use.Visible() || line.get.Visible() || line.fits.Text != "lacks the VAE: use it, then drop the file on the window" {
		t.Errorf("its line says %q", line.fits.Text)
	}
	l.search.SetText("")
	if last := l.rows[len(l.rows)-1]; last.starter == nil {
		t.Error("there are no starters under the models")
	} else if line.show(last); !line.get.Visible() || line.use.Visible() {
		t.Error("a starter cannot be fetched")
	}
}
