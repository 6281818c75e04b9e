package ui

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// luminance is that of WCAG 2.2, 0 black to 1 white.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// contrast is WCAG's ratio, 1 to 21.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// WCAG 2.2, 1.4.3: text has 4.5 : 1 against what it stands on. Texts of little weight and placeholders are to be read too.
func TestTextStandsOut(t *testing.T) {
	if got := contrast(color.White, color.Black); math.Abs(got-21) > 1e-9 {
		t.Fatalf("white on black is %v, want 21", got)
	}
	texts := []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameDisabled, theme.ColorNameWarning, theme.ColorNameError}
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, theme.ColorNameInputBackground, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground}
	for _, p := range []palette{{}, {light: true}, {contrast: true}, {light: true, contrast: true}} {
		check := func(text, ground fyne.ThemeColorName, least float64) {
			if got := contrast(p.Color(text, 0), p.Color(ground, 0)); got < least {
				t.Errorf("%+v: %s on %s has %.2f : 1, want %.1f", p, text, ground, got, least)
			}
		}
		for _, text := range texts {
			for _, ground := range grounds {
				check(text, ground, 4.5)
			}
		}
		check(theme.ColorNameForeground, theme.ColorNameButton, 4.5)
		check(theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, 4.5)
		if p.contrast { // 1.4.11: the edges of what is operated; 1.4.6: text
			check(theme.ColorNameInputBorder, theme.ColorNameBackground, 3)
			check(theme.ColorNameForeground, theme.ColorNameBackground, 7)
		}
	}
}

// A check box that cannot be used stands out less than one that can, ticked or not, box and words, in every palette.
func TestDisabledCheckBoxesAreDimmer(t *testing.T) {
	w := window(t, Options{})
	for _, p := range []palette{{}, {light: true}, {contrast: true}, {light: true, contrast: true}} {
		fyne.CurrentApp().Settings().SetTheme(p)
		for _, ticked := range []bool{false, true} {
			c := w.checkBox("words", nil)
			c.SetChecked(ticked)
			win := test.NewTempWindow(t, c)
			win.Resize(fyne.NewSize(120, 40))
			seen := func() (box, words float64) {
				shot, ground := win.Canvas().Capture(), p.Color(theme.ColorNameBackground, 0)
				for y := range shot.Bounds().Dy() {
					for x := range shot.Bounds().Dx() {
						if d := math.Abs(luminance(shot.At(x, y)) - luminance(ground)); x < 24 {
							box += d
						} else {
							words += d
						}
					}
				}
				return box, words
			}
			box, words := seen()
			c.Disable()
			if boxOff, wordsOff := seen(); boxOff > 0.85*box || wordsOff > 0.85*words || boxOff == 0 || wordsOff == 0 {
				t.Errorf("%+v, ticked %v: the box stands out by %.2f, by %.2f where it cannot be used, the words by %.2f and %.2f", p, ticked, box, boxOff, words, wordsOff)
			}
			c.Enable()
			if boxOn, wordsOn := seen(); boxOn != box || wordsOn != words {
				t.Errorf("%+v, ticked %v: usable again the box stands out by %.2f, before by %.2f", p, ticked, boxOn, box)
			}
		}
	}
}
