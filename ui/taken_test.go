package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"image/color"
	"image/draw"
	"strings"

	"nirvana/app"
	"nirvana/ui/canvas"
)

// What a recipe replaces in the panel is told, and taken back by one click; a click on a picture of the history
// replaces nothing.
func TestRecipesReplaceNothingUntold(t *testing.T) {
	w := window(t, Options{})
	s := w.studio
	r := app.Recipe{Prompt: "a blue cat", Seed: 77, Steps: 9, Guidance: 3, Sampler: "Euler a"}
	for name, use := range map[string]func(){"prompt": func() { w.usePrompt(r) }, "seed": func() { w.useSeed(r) }, "everything": func() { w.use(r) }} {
		s.Dismiss()
		typed := func(locked bool) {
			s.Set(func(t *app.Settings) {
				t.Prompt, t.Seed, t.Steps, t.Locked, t.Sampler = "what I typed", 5, 20, locked, ""
			})
		}
		typed(true)
		use()
		if n := s.Notice; n == nil || n.Also != "" {
			t.Errorf("%s: with the seed locked already: %+v", name, n)
		}
		typed(false)
		use()
		n := s.Notice
		if locks := name != "prompt"; locks != (n != nil && n.Also == "Unlock the seed") {
			t.Fatalf("%s: %+v", name, n)
		} else if locks {
			taken := s.Settings
			if n.DoAlso(); s.Settings.Locked || s.Settings.Seed != 77 || s.Settings.Prompt != taken.Prompt || s.Settings.Steps != taken.Steps {
				t.Errorf("%s: unlocked it is %q, seed %d locked %v, %d steps", name, s.Settings.Prompt, s.Settings.Seed, s.Settings.Locked, s.Settings.Steps)
			}
		}
		if n == nil || n.Action == "" || n.Do == nil {
			t.Fatalf("%s: nothing is told: %+v", name, n)
		}
		n.Do()
		if g := s.Settings; g.Prompt != "what I typed" || g.Seed != 5 || g.Steps != 20 || g.Locked || g.Sampler != "" {
			t.Errorf("%s: taken back it is %q, seed %d locked %v, %d steps, %q", name, g.Prompt, g.Seed, g.Locked, g.Steps, g.Sampler)
		}
	}
	s.Dismiss()
	w.history.tapped(0, app.Entry{ID: 3, Recipe: r})
	if s.Settings.Prompt != "what I typed" || s.Notice != nil {
		t.Errorf("a click on the history left the prompt %q", s.Settings.Prompt)
	}
}

// Of several files that are dropped one is opened, which is told.
func TestSeveralFilesDropped(t *testing.T) {
	w := window(t, Options{})
	var files []fyne.URI
	for _, name := range []string{"one.png", "two.png", "three.png"} {
		files = append(files, storage.NewFileURI(file(t, name, 20, 10, color.NRGBA{9, 9, 9, 255})))
	}
	w.dropped(files)
	if n := w.studio.Notice; w.size() != image.Pt(20, 10) || n == nil || n.Headline == "" {
		t.Errorf("opened %v, told %+v", w.size(), n)
	}
	if got := len(w.studio.Settings.Recent); got != 1 {
		t.Errorf("%d recent files", got)
	}
}

// The usual sizes have the proportion that they are called by, whatever the model's sides are multiples of.
func TestShapedSizes(t *testing.T) {
	for _, m := range []int{8, 16, 32, 64} {
		for own := 256; own <= 1024; own *= 2 {
			for _, p := range []float64{1, 0.75, 4.0 / 3, 2.0 / 3, 1.5} {
				w, h, ok := shaped(p, float64(own*own), m)
				if !ok {
					continue
				}
				if got := float64(w) / float64(h); got > 1.05*p || got < p/1.05 || w%m != 0 || h%m != 0 {
					t.Errorf("%.2f of %d by %d is %d x %d", p, own, m, w, h)
				}
			}
		}
	}
	if w, h, ok := shaped(0.75, 256*256, 64); !ok || w != 192 || h != 256 {
		t.Errorf("portrait 3:4 is %d x %d", w, h)
	}
}

// The menu greys what cannot be done and checks what is on.
func TestMenuTellsWhatCanBeDone(t *testing.T) {
	w := window(t, Options{})
	able := func(label string) bool {
		for _, r := range w.rules {
			if r.item.Label == label {
				return !r.item.Disabled
			}
		}
		t.Fatalf("no rule for %q", label)
		return false
	}
	named := []string{"Fit frame to picture", "Enlarge 2x", "Crop", "Extend up", "Use the result as picture", "Keep the result (Enter)", "Stop (Escape)", "Resume what was interrupted", "Discard what was interrupted"}
	w.showMenu()
	for _, label := range named {
		if able(label) {
			t.Errorf("on an empty canvas %q can be chosen", label)
		}
	}
	w.OpenPath(file(t, "a.png", 64, 64, color.NRGBA{9, 90, 9, 255}))
	w.refresh(^app.Change(0))
	for _, label := range named[:4] {
		if !able(label) {
			t.Errorf("with a picture %q cannot be chosen", label)
		}
	}
	for _, label := range named[4:] {
		if able(label) {
			t.Errorf("without a candidate or run %q can be chosen", label)
		}
	}
	checked := 0
	for _, r := range w.rules {
		if r.item.Checked {
			checked++
		}
	}
	if checked < 3 { // fitted view, theme, mask
		t.Errorf("%d check marks", checked)
	}
}

// A mask that is not seen is told of, with what takes it off.
func TestMaskChip(t *testing.T) {
	w := window(t, Options{})
	w.OpenPath(file(t, "a.png", 64, 64, color.NRGBA{9, 90, 9, 255}))
	d := w.studio.Document
	d.Rectangle(image.Rect(8, 8, 32, 32), app.Add)
	w.refresh(^app.Change(0))
	if w.maskChip.box.Visible() {
		t.Error("a mask that is seen is told of too")
	}
	picture := image.NewRGBA(image.Rect(0, 0, 64, 64))
	w.studio.Tray.Candidates, w.studio.Tray.Selected = []*app.Candidate{{Picture: picture, Frame: picture.Rect}}, 0
	w.refresh(app.ChangedTray)
	if !w.maskChip.box.Visible() {
		t.Error("the mask that a candidate hides is not told of")
	}
	w.toggleMask()
	w.toggleMask()
	w.refresh(app.ChangedSettings)
	if w.canvas.Scene.Mask == nil || w.maskChip.box.Visible() {
		t.Error("the eye does not show the mask over the candidate")
	}
	w.toggleMask()
	w.refresh(app.ChangedSettings)
	if w.canvas.Scene.Mask != nil {
		t.Error("the eye does not hide the mask")
	}
	d.Clear()
	w.refresh(^app.Change(0))
	if w.maskChip.box.Visible() {
		t.Error("no mask is told of as on")
	}
}

// A crop of a candidate keeps it and cuts that.
func TestCropOfACandidate(t *testing.T) {
	w := window(t, Options{})
	picture := image.NewRGBA(image.Rect(0, 0, 64, 48))
	w.studio.Tray.Candidates, w.studio.Tray.Selected = []*app.Candidate{{Picture: picture, Frame: image.Rect(10, 20, 74, 68)}}, 0
	w.refresh(^app.Change(0))
	w.tools.choose(canvas.ToolCrop)
	if got := w.canvas.Crop(); got != image.Rect(10, 20, 74, 68) {
		t.Fatalf("at first the crop is %v", got)
	}
	w.canvas.SetCropSize(32, 16)
	w.enter()
	if w.size() != image.Pt(32, 16) || len(w.studio.Tray.Candidates) != 0 || w.canvas.Tool() != canvas.ToolFrame {
		t.Errorf("cropped to %v, %d candidates, tool %v", w.size(), len(w.studio.Tray.Candidates), w.canvas.Tool())
	}
}

// The token counter says behind which words the model reads on in a second part.
func TestTokensSayWhatIsCut(t *testing.T) {
	prompt := "one two three four five six seven eight"
	fits := func(part string) bool { return len(strings.Fields(part)) <= 5 }
	if got := endOf(prompt, fits); got != "two three four five" {
		t.Errorf("the first part ends with %q", got)
	}
	if got := endOf("猫が好きです", func(part string) bool { return len([]rune(part)) <= 3 }); got != "猫が好" {
		t.Errorf("without spaces it ends with %q", got)
	}
}

// The mask's colour is far from the picture's, unless the artist has chosen one.
func TestMaskColourContrasts(t *testing.T) {
	w := window(t, Options{})
	usual := app.DefaultSettings().MaskColor
	for _, c := range []color.RGBA{{250, 150, 60, 255}, {240, 60, 50, 255}, {255, 255, 255, 255}, {0, 0, 0, 255}, {40, 80, 220, 255}} {
		img := image.NewRGBA(image.Rect(0, 0, 40, 40))
		draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		if got := w.contrasting(usual, img); apart(got, color.NRGBA(c)) < 150 {
			t.Errorf("over %v the mask is %v", c, got)
		}
		own := color.NRGBA{230, 60, 90, 255}
		if got := w.contrasting(own, img); got != own {
			t.Errorf("a chosen colour became %v", got)
		}
	}
}

// Comparing an enlargement, the picture before lies on all of it; comparing an inpaint, on itself.
func TestDividerLiesOnAnEnlargement(t *testing.T) {
	w := window(t, Options{})
	w.OpenPath(file(t, "a.png", 64, 48, color.NRGBA{9, 90, 9, 255}))
	for name, c := range map[string]struct {
		candidate app.Candidate
		want      image.Rectangle
	}{
		"enlargement":    {app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 128, 96)), Frame: image.Rect(0, 0, 64, 48), Replaces: true}, image.Rect(0, 0, 128, 96)},
		"one and a half": {app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 96, 72)), Frame: image.Rect(0, 0, 64, 48), Replaces: true}, image.Rect(0, 0, 96, 72)},
		"inpaint":        {app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 16, 16)), Frame: image.Rect(8, 8, 24, 24)}, image.Rect(0, 0, 64, 48)},
		"outpaint":       {app.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 64, 64)), Frame: image.Rect(-16, -16, 48, 48)}, image.Rect(0, 0, 64, 48)},
	} {
		w.tray.divide(false)
		w.studio.Tray.Candidates, w.studio.Tray.Selected = []*app.Candidate{&c.candidate}, 0
		w.tray.divide(true)
		if s := w.canvas.Scene; s.Before == nil || s.BeforeAt != c.want || name == "enlargement" && s.Picture.Rect.Add(s.At) != s.BeforeAt {
			t.Errorf("%s: the picture before lies on %v, that after on %v", name, s.BeforeAt, s.Picture.Rect.Add(s.At))
		}
	}
}

// Escape leaves the divider before anything else.
func TestEscapeLeavesTheDivider(t *testing.T) {
	w := window(t, Options{})
	w.OpenPath(file(t, "a.png", 64, 64, color.NRGBA{9, 90, 9, 255}))
	picture := image.NewRGBA(image.Rect(0, 0, 128, 128))
	w.studio.Tray.Candidates, w.studio.Tray.Selected = []*app.Candidate{{Picture: picture, Frame: image.Rect(0, 0, 64, 64)}}, 0
	w.tray.divide(true)
	if w.canvas.Scene.Before == nil {
		t.Fatal("no divider")
	}
	sides := say("Left of the line: before  ·  right: the result")
	if w.chip.text.Text != sides {
		t.Errorf("which side is which is not said: %q", w.chip.text.Text)
	}
	w.escape()
	if w.tray.dividing || w.canvas.Scene.Before != nil {
		t.Error("Escape does not leave the divider")
	}
	if w.chip.text.Text == sides {
		t.Error("the sides are still told apart")
	}
}
