package recipe

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FileName is a file name for a picture, without an extension: the first words of its prompt and its seed; "picture"
// and the seed if the prompt is empty.
func (r Recipe) FileName() string {
	words := r.Words()
	if words == "" {
		words = "picture"
	}
	return words + "-" + strconv.FormatUint(r.Seed, 10)
}

// Words returns the prompt's first words, joined by hyphens and valid in file names; "" if there are none.
func (r Recipe) Words() string { return fileWords(r.Prompt) }

// fileWords returns a text's first words, valid in file names on every system.
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
