// Package emphasis raises and lowers the weights of words in prompts, in the notation of AUTOMATIC1111: (word:1.1), and those of
// calls of LoRAs. Start with Weigh.
package emphasis

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Step is how much a key changes a weight.
const Step = 0.1

// most is the greatest weight that a key leads to.
const most = 10

// Weigh changes the weight of what is selected, from and until in runes, by so much, and gives the text with the selection as it is
// then. Without a selection it is the weight of the group or the call that the caret is in, or that of the word there. At weight 1
// a group loses its parentheses. Where there is no word nothing is changed.
func Weigh(text string, from, until int, by float64) (out string, first, last int) {
	t := []rune(text)
	from, until = min(max(from, 0), len(t)), min(max(until, 0), len(t))
	if from > until {
		from, until = until, from
	}
	if open, colon, end, ok := call(t, from, until); ok {
		return reweighed(t, open, colon, end, by, false)
	}
	if open, colon, end, ok := group(t, from, until); ok {
		return reweighed(t, open, colon, end, by, true)
	}
	from, until = trimmed(t, from, until)
	if from == until {
		from, until = word(t, from)
	}
	if from == until {
		return text, from, until
	}
	w := number(1 + by)
	in := "(" + string(t[from:until]) + ":" + w + ")"
	return string(t[:from]) + in + string(t[until:]), from, from + len([]rune(in))
}

// word is the one at a place, or that ends there.
func word(t []rune, at int) (from, until int) {
	from, until = at, at
	for from > 0 && inWord(t[from-1]) {
		from--
	}
	for until < len(t) && inWord(t[until]) {
		until++
	}
	return from, until
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '\''
}

// trimmed leaves out the spaces round a selection.
func trimmed(t []rune, from, until int) (int, int) {
	for from < until && unicode.IsSpace(t[from]) {
		from++
	}
	for until > from && unicode.IsSpace(t[until-1]) {
		until--
	}
	return from, until
}

// group is the innermost "(...:weight)" round a selection, which may be the whole of it: where it opens, its colon and behind its
// end.
func group(t []rune, from, until int) (open, colon, end int, ok bool) {
	if from < until && t[from] == '(' && closing(t, from) == until-1 {
		from++ // the selection is the group
		until--
	}
	depth := 0
	for open = from - 1; open >= 0; open-- {
		if escaped(t, open) {
			continue
		}
		if t[open] == ')' {
			depth++
		} else if t[open] == '(' {
			if depth == 0 {
				break
			}
			depth--
		}
	}
	if open < 0 {
		return 0, 0, 0, false
	}
	shut := closing(t, open)
	if shut < until {
		return 0, 0, 0, false
	}
	colon = shut - 1
	for colon > open && t[colon] != ':' {
		colon--
	}
	if colon == open || colon < from && from < until {
		return 0, 0, 0, false
	}
	_, err := strconv.ParseFloat(strings.TrimSpace(string(t[colon+1:shut])), 64)
	return open, colon, shut + 1, err == nil
}

// closing is the parenthesis that closes the one at a place; -1: none does.
func closing(t []rune, open int) int {
	depth := 0
	for i := open; i < len(t); i++ {
		switch {
		case escaped(t, i):
		case t[i] == '(':
			depth++
		case t[i] == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func escaped(t []rune, i int) bool {
	n := 0
	for i--; i >= 0 && t[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// call is the "<lora:name:weight>" that a selection lies in.
func call(t []rune, from, until int) (open, colon, end int, ok bool) {
	for open = from - 1; open >= 0 && t[open] != '<'; open-- {
		if t[open] == '>' {
			return 0, 0, 0, false
		}
	}
	if open < 0 {
		return 0, 0, 0, false
	}
	for end = open; end < len(t) && t[end] != '>'; end++ {
	}
	if end == len(t) || end < until {
		return 0, 0, 0, false
	}
	for colon = end - 1; colon > open && t[colon] != ':'; colon-- {
	}
	_, err := strconv.ParseFloat(string(t[colon+1:end]), 64)
	return open, colon, end + 1, err == nil && colon > open
}

// reweighed changes the number between colon and the last sign before end.
func reweighed(t []rune, open, colon, end int, by float64, bare bool) (string, int, int) {
	was, _ := strconv.ParseFloat(strings.TrimSpace(string(t[colon+1:end-1])), 64)
	least := 0.0
	if !bare {
		least = -most // of a LoRA
	}
	w := number(min(max(was+by, least), most))
	in := string(t[open:colon]) + ":" + w + string(t[end-1:end])
	if bare && w == "1" {
		in = string(t[open+1 : colon])
	}
	return string(t[:open]) + in + string(t[end:]), open, open + len([]rune(in))
}

// number is a weight as people write it.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}
