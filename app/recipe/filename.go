package recipe

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FileName is a name for a picture's file, without an ending: the first words of its prompt and its seed; "picture"
// and the seed where there are no words.
func (r Recipe) FileName() string {
	words := r.Words()
	if words == "" {
		words = "picture"
	}
	return words + "-" + strconv.FormatUint(r.Seed, 10)
}

// Words are the prompt's first, with hyphens between, fit for a file's name; "" where it has none.
func (r Recipe) Words() string { return fileWords(r.Prompt) }

// fileWords are a text's first words, fit for a file's name in every system.
func fileWords(text string) string {
	const most = 40 // bytes
	out := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		if len(out)+len(w) > most {
			if out == "" { // a language without spaces
				for len(w) > most || !utf8.ValidString(w) {
					w = w[:min(len(w)-1, most)]
				}
				out = "-" + w
			}
			break
		}
		out += "-" + w
	}
	return strings.TrimPrefix(out, "-")
}
