package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"nirvana/app"
	"nirvana/assets"
)

// languageNames are the window's languages as their speakers call them, in the menu's order.
var languageNames = []language{
	{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}, {"pt", "Português"}, {"ja", "日本語"}, {"zh-Hans", "简体中文"},
}

// language is one that the window speaks.
type language struct{ tag, name string }

// languages are those that there is a translation for. One whose own name would be boxes is named in English.
func languages() []language {
	var out []language
	for _, l := range languageNames {
		if !slices.Contains(assets.Languages(), l.tag) {
			continue
		}
		if !drawable(l.tag) {
			l.name = map[string]string{"ja": "Japanese", "zh-Hans": "Chinese (simplified)"}[l.tag]
		}
		out = append(out, l)
	}
	return out
}

// chooseLanguage takes a language that can be drawn, and tells what another needs.
func (w *Window) chooseLanguage(tag string) {
	if !drawable(tag) {
		w.tellFont()
		return
	}
	if n := w.studio.Notice; n != nil && n.Action == "" {
		w.studio.Dismiss() // it is in the language before
	}
	w.studio.Set(func(t *app.Settings) { t.Language = tag })
}

// speak loads the translations. Fyne speaks the system's language and has no
// door to choose another, so that a chosen one takes the place of the system's;
// "" gives it back.
func speak(tag string) error {
	decimalComma = commaIn(tag)
	for _, t := range assets.Languages() {
		for _, as := range localesOf(t) {
			if err := lang.AddTranslationsForLocale(translation(t), fyne.Locale(as)); err != nil {
				return fmt.Errorf("the translation %s cannot be read: %w", t, err)
			}
		}
	}
	if tag == "" {
		return nil
	}
	base, _, _ := strings.Cut(lang.SystemLocale().String(), "-")
	for _, as := range append(localesOf(base), "en") {
		if err := lang.AddTranslationsForLocale(translation(tag), fyne.Locale(as)); err != nil {
			return fmt.Errorf("the translation %s cannot be read: %w", tag, err)
		}
	}
	return nil
}

// translation is the file of a language; English for one that is not there (any more).
func translation(tag string) []byte {
	if tag != "en" && slices.Contains(assets.Languages(), tag) {
		return assets.Translation(tag)
	}
	return english()
}

// english has every text as itself: a language that took another's place goes only when each of its texts is replaced.
func english() []byte {
	texts := map[string]string{}
	for _, t := range assets.Languages() {
		if err := json.Unmarshal(assets.Translation(t), &texts); err != nil {
			continue // speak tells of it
		}
	}
	for text := range texts {
		texts[text] = text
	}
	data, _ := json.Marshal(texts) // strings alone: no error
	return data
}

// localesOf are the locales under which Fyne looks a language up: its own texts
// come for pt-BR apart from pt, and a locale finds only what was loaded for it.
func localesOf(tag string) []string {
	switch tag {
	case "pt":
		return []string{"pt", "pt-BR"}
	case "zh":
		return []string{"zh-Hans"}
	}
	return []string{tag}
}

// Say translates a text for the studio's notices; see app.Options.
func Say(text string) string { return say(text) }

// say translates a text; keys are the English ones. A text without a translation stays as it is.
func say(text string) string {
	if strings.IndexFunc(text, unicode.IsLetter) < 0 { // Fyne would log each number as lacking
		return text
	}
	return lang.L(text)
}

// sayf translates a format and fills it in, numbers as the language writes them.
func sayf(format string, args ...any) string {
	local := make([]any, len(args))
	for i, a := range args {
		local[i] = a
		if v, ok := a.(float64); ok {
			local[i] = localFloat(v)
		}
	}
	return fmt.Sprintf(say(format), local...)
}

// localFloat is a number that is written with the language's decimal point or comma.
type localFloat float64

// Format is fmt's.
func (v localFloat) Format(s fmt.State, verb rune) {
	io.WriteString(s, localPoint(fmt.Sprintf(fmt.FormatString(s, verb), float64(v))))
}

// commaIn says whether a language, "" for the system's, has a decimal comma, some regions of it left out.
func commaIn(tag string) bool {
	if tag == "" {
		tag = lang.SystemLocale().String()
	}
	base, region, _ := strings.Cut(tag, "-")
	if slices.Contains([]string{"CH", "LI", "MX", "US", "PR", "DO", "GT", "HN", "NI", "PA", "SV"}, region) {
		return false
	}
	return slices.Contains([]string{"de", "fr", "es", "pt"}, base)
}

// decimalComma says that the window's language has a comma where English has the decimal point.
var decimalComma bool

// localPoint gives a number's text the language's decimal point or comma.
func localPoint(text string) string {
	if decimalComma {
		return strings.Replace(text, ".", ",", 1)
	}
	return text
}

// allSaid translates names that a list offers.
func allSaid(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = say(n)
	}
	return out
}

// languageMenu chooses the window's language; the window is built again at once.
func (w *Window) languageMenu() *fyne.MenuItem {
	m := fyne.NewMenuItem(say("Language"), nil)
	choice := func(tag, name string) *fyne.MenuItem {
		i := fyne.NewMenuItem(name, func() { w.chooseLanguage(tag) })
		i.Checked = w.studio.Settings.Language == tag
		return i
	}
	items := []*fyne.MenuItem{choice("", say("System")), fyne.NewMenuItemSeparator()}
	for _, l := range languages() {
		items = append(items, choice(l.tag, l.name))
	}
	m.ChildMenu = fyne.NewMenu("", items...)
	return m
}
