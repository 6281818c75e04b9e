package assets

import (
	"embed"
	"path"
)

// A file a language, in the form that Fyne's lang package reads: the English text is the key.
//
//go:embed translations/*.json
var translations embed.FS

// Languages are the window's, as BCP 47 tags.
func Languages() []string { return []string{"en", "de", "fr", "es", "pt", "ja", "zh-Hans"} }

// Translation returns a language's file, JSON. A tag that is not among [Languages] is a slip in the program, and panics.
func Translation(tag string) []byte {
	data, err := translations.ReadFile(path.Join("translations", tag+".json"))
	if err != nil {
		panic("assets: there is no translation into " + tag)
	}
	return data
}
