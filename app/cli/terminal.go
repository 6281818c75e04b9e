package cli

import (
	"fmt"
	"strings"
	"unicode"
)

// printable makes a text from an untrusted file safe for a terminal: line breaks and tabs stay; other control
// characters, which move the cursor or change colours and titles, and those that change the writing direction become
// U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// printableJSON is printable for JSON and keeps its meaning: inside strings such characters become \u escapes.
func printableJSON(data []byte) string {
	var b strings.Builder
	for _, r := range string(data) {
		if steers(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// steers reports whether a terminal may interpret the character as a command.
func steers(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
