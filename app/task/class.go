package task

import (
	"strconv"
	"strings"
	"unicode"
)

// ClassNamed is the class of this name or number; -1: none.
func ClassNamed(classes []string, name string) int {
	for i, n := range classes {
		if strings.EqualFold(n, name) || strconv.Itoa(i) == name {
			return i
		}
	}
	return -1
}

// ClassIn is the class that a text names as whole words, the longest where there are several; -1: none.
func ClassIn(classes []string, text string) int {
	spaced := func(s string) string {
		words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		return " " + strings.Join(words, " ") + " "
	}
	text, best := spaced(text), -1
	for i, n := range classes {
		if name := spaced(n); len(name) > 2 && strings.Contains(text, name) && (best < 0 || len(n) > len(classes[best])) {
			best = i
		}
	}
	return best
}
