package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"nirvana/app"
)

// Fyne includes Latin, Greek and Cyrillic letters; others come from the system's fonts, if there are any. Without
// them text is shown as boxes.

// samples are a character that each language needs.
var samples = map[string]string{"ja": "語", "zh-Hans": "语"}

// drawable reports whether a language's characters can be drawn on this machine.
func drawable(tag string) bool {
	s, ok := samples[tag]
	return !ok || hasGlyph(s)
}

// hasGlyph tells a full-width character from the box for missing ones. Fyne has no API for it.
func hasGlyph(s string) bool {
	const size, nobody = 100, "\U000F0000" // private use: in no font
	return fyne.MeasureText(s, size, fyne.TextStyle{}).Width != fyne.MeasureText(nobody, size, fyne.TextStyle{}).Width
}

// spoken is the language that the window is shown in: the chosen one, or English where its characters cannot be
// drawn; then missing is true.
func spoken(chosen string) (tag string, missing bool) {
	wanted := chosen
	if chosen == "" {
		switch lang.SystemLocale().String()[:2] {
		case "ja":
			wanted = "ja"
		case "zh":
			wanted = "zh-Hans"
		}
	}
	if drawable(wanted) {
		return chosen, false
	}
	return "en", true
}

// tellFont reports the missing font, in English.
func (w *Window) tellFont() {
	w.studio.Tell(&app.Notice{Headline: say("There is no font with Japanese and Chinese characters on this machine"), Advice: say("Install one, on Debian the package fonts-noto-cjk, then start again. Until then the window is in English.")})
}
