package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"nirvana/app"
	"nirvana/assets"
)

// languageNames are the window's languages in their own words, in the menu's order.
var languageNames = []language{
	{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}, {"pt", "Português"}, {"ja", "日本語"}, {"zh-Hans", "简体中文"},
}

// language is a language of the window.
type language struct{ tag, name string }

// languages are those with a translation. One whose own name cannot be drawn is named in English.
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

// chooseLanguage sets a language, or reports what it lacks.
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

// speech guards Fyne's one set of translations: a run that is prepared beside the window has messages, too.
var speech sync.RWMutex

// speak loads the translations. Fyne uses the system's language and has no API to choose another, so a chosen one
// replaces the system's; "" restores it.
func speak(tag string) error {
	speech.Lock()
	defer speech.Unlock()
	decimalComma.Store(commaIn(tag))
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

// translation is the file of a language; English for one that does not exist (any more).
func translation(tag string) []byte {
	if tag != "en" && slices.Contains(assets.Languages(), tag) {
		return assets.Translation(tag)
	}
	return english()
}

// texts are those that have translations, each mapped to itself.
var texts = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, t := range assets.Languages() {
		if err := json.Unmarshal(assets.Translation(t), &out); err != nil {
			continue // speak reports it
		}
	}
	for text := range out {
		out[text] = text
	}
	return out
})

// english maps every text to itself: a language that replaced another's is removed only when each of its texts is
// replaced.
func english() []byte {
	data, _ := json.Marshal(texts()) // strings alone: no error
	return data
}

// localesOf are the locales under which Fyne looks a language up: its own texts have pt-BR apart from pt, and a
// locale finds only what was loaded for it.
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

// say translates a text; keys are English. A text without a translation is unchanged.
func say(text string) string {
	if _, ok := texts()[text]; !ok { // Fyne would log each number and each name as untranslated
		return text
	}
	speech.RLock()
	defer speech.RUnlock()
	return lang.L(text)
}

// sayf translates a format and formats it, numbers in the language's form.
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

// Format implements fmt.Formatter.
func (v localFloat) Format(s fmt.State, verb rune) {
	io.WriteString(s, localPoint(fmt.Sprintf(fmt.FormatString(s, verb), float64(v))))
}

// commaIn reports whether a language, "" for the system's, has a decimal comma; some regions excepted.
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

// decimalComma is set where the window's language has a decimal comma.
var decimalComma atomic.Bool

// localPoint replaces a number's decimal point by the language's.
func localPoint(text string) string {
	if decimalComma.Load() {
		return strings.Replace(text, ".", ",", 1)
	}
	return text
}

// localNumber is a text as the language writes it where it is a number, and unchanged where it is not.
func localNumber(text string) string {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return text
	}
	return localPoint(text)
}

// allSaid translates a list's names.
func allSaid(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = say(n)
	}
	return out
}

// languageMenu chooses the window's language; the window is rebuilt at once.
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
