package ui

import (
	"fmt"
	"slices"
	"testing"

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

// thousands is a window whose dialog lists ten thousand models.
func thousands(t testing.TB) *Window {
	w := window(t, Options{})
	w.win.Resize(fyne.NewSize(1100, 700))
	for i := range 10_000 {
		w.studio.Models = append(w.studio.Models, app.ModelInfo{Name: fmt.Sprintf("model %05d", i), Dir: fmt.Sprintf("/disk/%d.safetensors", i), Kind: "Stable Diffusion XL", Root: "/disk"})
	}
	w.studio.Models[77].Lacks = "the VAE"
	w.refresh(^app.Change(0))
	w.showModels()
	return w
}

// BenchmarkThousandsOfModels is a change of the settings while ten thousand models are listed. Take figures on a quiet machine.
func BenchmarkThousandsOfModels(b *testing.B) {
	w := thousands(b)
	for b.Loop() {
		w.refresh(app.ChangedSettings)
	}
}

// Ten thousand models are searched and scrolled as ten are: the list makes lines for what is seen, names are told apart once, and
// a change of the settings measures a line, makes no others, and allocates as often as with a hundred models.
func TestThousandsOfModels(t *testing.T) {
	w := thousands(t)
	l := w.library
	if len(l.rows) < 10_000 || l.rows[0].model == nil {
		t.Fatalf("%d rows", len(l.rows))
	}
	made, labels := l.made, &w.labels[0]
	if made > 40 {
		t.Errorf("%d lines are made for a list that shows ten", made)
	}
	settle := func() float64 { return testing.AllocsPerRun(20, func() { w.refresh(app.ChangedSettings) }) }
	many := settle()
	if l.made > made+21 {
		t.Errorf("21 changes of the settings make %d lines", l.made-made)
	}
	if &w.labels[0] != labels {
		t.Error("the names are told apart again")
	}
	all := w.studio.Models
	w.studio.Models = all[:100]
	w.refresh(app.ChangedModel)
	few := settle()
	w.studio.Models = all
	w.refresh(app.ChangedModel)
	if many > few+2000 {
		t.Errorf("a change of the settings allocates %g times with ten thousand models, %g times with a hundred", many, few)
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
