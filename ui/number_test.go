package ui

import (
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"nirvana/app"
	"nirvana/app/lineage"
	"nirvana/engine"
	"nirvana/ui/canvas"
)

// typeOver replaces a field's text by typing, letter by letter, as somebody who selects all first.
func typeOver(w *Window, e *numberEntry, text string) {
	w.win.Canvas().Focus(e)
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	for _, r := range text {
		e.TypedRune(r)
	}
}

// Every number can be typed, with a point or a comma. It counts when the field is left, at Enter, and at Generate, and
// is held within bounds only then.
func TestNumbersAreTyped(t *testing.T) {
	w := window(t, Options{})
	p, s := w.panel, w.studio
	w.tools.choose(canvas.ToolBrush)
	p.mask.fold.Open(true)
	p.kinds.sizes.Open(true)
	s.Facts = engine.Facts{Name: "all", Text: true, Guided: true, Negative: true, Sizes: true}
	w.OpenPath(file(t, "a.png", 64, 64, color.NRGBA{9, 90, 9, 255})) // over which there is a strength
	w.refresh(^app.Change(0))
	leave := map[string]func(*numberEntry){
		"left":     func(*numberEntry) { w.win.Canvas().Unfocus() },
		"Tab":      func(*numberEntry) { w.win.Canvas().FocusNext() },
		"Enter":    func(e *numberEntry) { e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) },
		"Generate": func(*numberEntry) { w.generate() },
		"shortcut": func(e *numberEntry) {
			e.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
		},
	}
	for _, c := range []struct {
		name        string
		field       *numberEntry
		typed, want string
		got         func() float64
		is          float64
	}{
		{"strength", p.strength.entry, "0.3", "0.30", func() float64 { return float64(s.Settings.Strength) }, 0.3},
		{"strength", p.strength.entry, ",45", "0.45", func() float64 { return float64(s.Settings.Strength) }, 0.45},
		{"strength", p.strength.entry, "7", "1.00", func() float64 { return float64(s.Settings.Strength) }, 1},
		{"guidance", p.guidance.entry, "7,25", "7.25", func() float64 { return float64(s.Settings.Guidance) }, 7.25},
		{"steps", p.steps.entry, "99999", "1000", func() float64 { return float64(s.Settings.Steps) }, 1000},
		{"steps", p.steps.entry, "0", "1", func() float64 { return float64(s.Settings.Steps) }, 1},
		{"width", p.width, "300", "304", func() float64 { return float64(s.Settings.Width) }, 304},
		{"height", p.height, "128.0", "128", func() float64 { return float64(s.Settings.Height) }, 128},
		{"seed", p.seed, "812731", "812731", func() float64 { return float64(s.Settings.Seed) }, 812731},
		{"brush", w.tools.options.size.entry, "77", "77", func() float64 { return float64(s.Settings.BrushSize) }, 77},
		{"feather", p.mask.feather.entry, "12", "12", func() float64 { return float64(s.Settings.Feather) }, 12},
		{"original width", p.kinds.originalW, "512", "512", func() float64 { return float64(s.Settings.OriginalWidth) }, 512},
	} {
		for how, do := range leave {
			s.Set(func(t *app.Settings) {
				d := app.DefaultSettings()
				t.Strength, t.Guidance, t.Steps, t.Width, t.Height, t.Seed, t.BrushSize, t.Feather, t.OriginalWidth, t.Locked = d.Strength, d.Guidance, d.Steps, d.Width, d.Height, 5, d.BrushSize, d.Feather, 0, true
			})
			w.refresh(app.ChangedSettings)
			before := c.got()
			typeOver(w, c.field, c.typed)
			if c.field.Text != c.typed || c.got() != before {
				t.Errorf("%s: while %q is typed the field has %q and the setting %v", c.name, c.typed, c.field.Text, c.got())
			}
			w.refresh(app.ChangedSettings) // something else has changed
			if c.field.Text != c.typed {
				t.Errorf("%s: a refresh made %q of %q under the hand", c.name, c.field.Text, c.typed)
			}
			do(c.field)
			w.refresh(app.ChangedSettings)
			if off := c.got() - c.is; off > 1e-6 || off < -1e-6 || c.field.Text != c.want {
				t.Errorf("%s, %s: %q gave %v and shows %q, want %v and %q", c.name, how, c.typed, c.got(), c.field.Text, c.is, c.want)
			}
			w.win.Canvas().Unfocus()
		}
	}
	typeOver(w, p.steps.entry, "many")
	w.win.Canvas().Unfocus()
	if p.steps.entry.Text != "25" && p.steps.entry.Text != "1" {
		t.Errorf("no number leaves %q", p.steps.entry.Text)
	}
	typeOver(w, p.seed, "-1")
	w.win.Canvas().Unfocus()
	w.refresh(app.ChangedSettings)
	if strings.HasPrefix(p.seed.Text, "-") {
		t.Errorf("-1 leaves the seed %q", p.seed.Text)
	}
}

// The wheel over a number scrolls the panel.
func TestWheelOverNumbersScrolls(t *testing.T) {
	w := window(t, Options{})
	w.panel.mask.fold.Open(true)
	w.panel.advanced.Open(true)
	w.win.Resize(fyne.NewSize(1100, 500))
	scroll := w.panel.scroll
	for name, e := range map[string]fyne.CanvasObject{"strength": w.panel.strength.entry, "seed": w.panel.seed, "width": w.panel.width} {
		w.panel.strength.box.Show()
		scroll.ScrollToTop()
		var over fyne.Scrollable
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(e).AddXY(10, 10)
		topmost(w.win.Content(), at, func(o fyne.CanvasObject) {
			if s, ok := o.(fyne.Scrollable); ok {
				over = s
			}
		})
		if over == nil {
			t.Fatalf("%s: nothing takes the wheel", name)
		}
		over.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -40)})
		if scroll.Offset.Y != 40 {
			t.Errorf("%s: the wheel over it moves the panel by %v, want 40", name, scroll.Offset.Y)
		}
	}
}

// topmost goes through what lies under a place, what is drawn last at the end.
func topmost(o fyne.CanvasObject, at fyne.Position, f func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	p, s := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
	if at.X >= p.X && at.Y >= p.Y && at.X < p.X+s.Width && at.Y < p.Y+s.Height {
		f(o)
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			topmost(c, at, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			topmost(c, at, f)
		}
	}
}

// A language with a decimal comma shows one, in fields and in sentences.
func TestDecimalComma(t *testing.T) {
	t.Cleanup(func() { speak("") })
	for tag, want := range map[string]string{"de": "7,5", "fr": "7,5", "es": "7,5", "pt": "7,5", "en": "7.5", "ja": "7.5", "zh-Hans": "7.5"} {
		if err := speak(tag); err != nil {
			t.Fatal(err)
		}
		if got := decimals(7.5, 1); got != want {
			t.Errorf("%s: a field shows %q, want %q", tag, got, want)
		}
		if got := sayf("%.1f s", 7.5); !strings.HasPrefix(got, want) {
			t.Errorf("%s: a sentence has %q", tag, got)
		}
		if got := named([]lineage.Difference{{What: "Guidance", Was: "4", Is: "7.5"}}); !strings.HasSuffix(got, " -> "+want) {
			t.Errorf("%s: a difference is %q", tag, got)
		}
		if got := marked(engine.Step{Index: 3}, []app.Mark{{Step: 3, What: "Guidance", Was: "7.5", Is: "4"}}); !strings.Contains(got, " "+want+" -> ") {
			t.Errorf("%s: a mark of the timeline is %q", tag, got)
		}
		if got := localNumber("a 7.5 inch ball"); got != "a 7.5 inch ball" {
			t.Errorf("%s: a prompt becomes %q", tag, got)
		}
	}
	for tag, comma := range map[string]bool{"es-MX": false, "de-CH": false, "de-AT": true, "pt-BR": true, "en-US": false} {
		if commaIn(tag) != comma {
			t.Errorf("%s: comma %v", tag, !comma)
		}
	}
}

// A slider's tip says what a double click sets: the chosen model's own value, and nothing before one is open.
func TestTipSaysTheDefault(t *testing.T) {
	w := window(t, Options{})
	p, s := w.panel, w.studio
	if tip := p.guidance.usual(float64(s.Facts.Guidance)); tip != "" {
		t.Errorf("without a model: %q", tip)
	}
	for guidance, want := range map[float32]string{3: "3.0", 7.5: "7.5"} {
		s.Facts = engine.Facts{Name: "m", Guidance: guidance}
		l := p.column.names[0].(*tipped)
		for _, n := range p.column.names {
			if of, ok := n.(*tipped); ok && of.tip == explained["Guidance"] {
				l = of
			}
		}
		if tip := l.text(); !strings.HasPrefix(tip, explained["Guidance"]) || !strings.HasSuffix(tip, "the default, "+want+".") {
			t.Errorf("with %v: %q", guidance, tip)
		}
	}
}
