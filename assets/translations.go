package assets

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// A file a language, in the form that Fyne's lang package reads: the English text is the key.
//
//go:embed translations/*.json
var translations embed.FS

// Languages are the languages with a file, as BCP 47 tags. English needs none: it is the key.
func Languages() []string {
	var tags []string
	files, _ := fs.Glob(translations, "translations/*.json") // the pattern is valid: no error
	for _, f := range files {
		tags = append(tags, strings.TrimSuffix(path.Base(f), ".json"))
	}
	return tags
}

// Translation returns a language's file, JSON. A tag that is not among [Languages] is a bug in the program, and
// panics.
func Translation(tag string) []byte {
	data, err := translations.ReadFile(path.Join("translations", tag+".json"))
	if err != nil {
		panic("assets: there is no translation into " + tag)
	}
	return data
}
