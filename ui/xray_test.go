package ui

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine"
)

// Where a map has its most the colours of heat are, elsewhere the picture is seen through.
func TestHeatOver(t *testing.T) {
	base := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range base.Pix {
		base.Pix[i] = 255
	}
	values := make([]float32, 16)
	values[3] = 0.25 // the upper right of 4 x 4
	img := heatOver(base, values, 4, 4, image.Pt(64, 64))
	if img.Rect.Dx() != 64 {
		t.Fatalf("it is %v", img.Rect)
	}
	hot, cold := img.RGBAAt(60, 3), img.RGBAAt(3, 60)
	if !(hot.R > hot.B+20) || cold.R > 175 || cold.A != 255 {
		t.Errorf("the most is %v, the least %v", hot, cold)
	}
	if even := heatOver(base, make([]float32, 16), 4, 4, image.Pt(4, 4)).RGBAAt(2, 2); even != cold {
		t.Errorf("an even map is %v", even)
	}
	if wide := heatOver(base, values, 4, 4, image.Pt(4096, 2048)); wide.Rect.Dx() != heatSide || wide.Rect.Dy() != heatSide/2 {
		t.Errorf("over a large picture it is %v", wide.Rect)
	}
	if img := heatOver(base, values[:3], 4, 4, image.Pt(4, 4)); img != base {
		t.Error("a map of another size is drawn")
	}
}

// The prompt's words are chips: one that is pointed at or clicked is seen, and a click on the picture says which act there.
func TestXRayWords(t *testing.T) {
	w := window(t, Options{})
	w.typed(&fyne.KeyEvent{Name: fyne.KeyY})
	if !w.studio.XRay.On || !strings.HasPrefix(w.xray.told.Text, "There is no step") && w.xray.told.Text != "" {
		t.Fatalf("Y does not look, %q", w.xray.told.Text)
	}
	seen := &engine.XRay{Width: 2, Height: 1, Words: []engine.AttendedWord{{Text: "red", Attention: []float32{0.1, 0.3}}, {Text: "heart", Attention: []float32{0.3, 0.1}}}}
	w.studio.XRay.Seen = seen
	w.refresh(app.ChangedStep)
	if len(w.xray.words) != 2 || w.xray.words[0].text.Text != "red" || !w.xray.box.Visible() {
		t.Fatalf("the words are %v", w.xray.words)
	}
	red := w.xray.words[0]
	plain := red.ground.FillColor
	red.MouseIn(nil)
	if w.xray.word() != 0 || red.ground.FillColor == plain {
		t.Error("the word under the pointer is not shown")
	}
	red.MouseOut()
	w.xray.words[1].Tapped(nil)
	if w.xray.word() != 1 || red.ground.FillColor != plain {
		t.Error("the word that was clicked is not kept")
	}
	step := engine.Step{Pictures: []*image.RGBA{image.NewRGBA(image.Rect(0, 0, 4, 2))}}
	var d xrayDrawn
	d.mode, d.word = xrayWords, 1
	w.xray.draw(&d, step, image.Pt(40, 20))
	left, right := d.over.RGBAAt(5, 10), d.over.RGBAAt(35, 10)
	if brightness(left) <= brightness(right) {
		t.Errorf("the heart acts %v at the left, %v at the right", left, right)
	}
	w.xray.at, w.xray.picked = image.Pt(1, 0), true
	w.xray.tell()
	if w.xray.told.Text != "Here: red 75 %, heart 25 %" || red.text.Text != "red 75 %" {
		t.Errorf("at the right it says %q", w.xray.told.Text)
	}
	w.typed(&fyne.KeyEvent{Name: fyne.KeyEscape})
	w.refresh(app.ChangedStep)
	if w.studio.XRay.On || w.xray.box.Visible() {
		t.Error("Escape does not leave it")
	}
}

func brightness(c color.RGBA) int { return int(c.R) + int(c.G) + int(c.B) }
