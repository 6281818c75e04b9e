package token

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// special is a text with ids of its own that never reaches the tokenizer.
type special struct {
	text           string
	ids            []int
	lstrip, rstrip bool // includes the white space next to it
	word           bool // only where no letter or number is next to it
	name           bool // a textual inversion's: in any case, and never inside a longer word
}

// cutter splits texts at its specials.
type cutter struct {
	first map[byte][]special // by first byte, longest first
}

func (c *cutter) add(s special) {
	if s.text == "" || len(s.ids) == 0 {
		return
	}
	if c.first == nil {
		c.first = map[byte][]special{}
	}
	for b := range s.firstBytes() {
		c.first[b] = insert(c.first[b], s)
	}
}

// insert inserts a special among those of a first byte, the longest first.
func insert(all []special, s special) []special {
	for i := range all {
		if all[i].text == s.text {
			all[i] = s
			return all
		}
	}
	all = append(all, s)
	sort.SliceStable(all, func(i, j int) bool { return len(all[i].text) > len(all[j].text) })
	return all
}

// firstBytes are the bytes that it can begin with: of a name in either case of its first letter.
func (s special) firstBytes() map[byte]bool {
	bytes := map[byte]bool{s.text[0]: true}
	if s.name {
		first, _ := utf8.DecodeRuneInString(s.text)
		for r := unicode.SimpleFold(first); r != first; r = unicode.SimpleFold(r) {
			bytes[string(r)[0]] = true
		}
	}
	return bytes
}

// segment is plain text, or the ids of a special.
type segment struct {
	text string
	ids  []int
}

// split returns a text's segments in order, none of them empty; of specials that start at the same index the longest
// wins.
func (c *cutter) split(text string) []segment {
	var out []segment
	from, trim := 0, false
	plain := func(to int, rtrim bool) {
		s := text[from:to]
		if trim {
			s = strings.TrimLeftFunc(s, unicode.IsSpace)
		}
		if rtrim {
			s = strings.TrimRightFunc(s, unicode.IsSpace)
		}
		if s != "" {
			out = append(out, segment{text: s})
		}
	}
	for i := 0; i < len(text); {
		s, length := c.at(text, i)
		if length == 0 {
			i++
			continue
		}
		plain(i, s.lstrip)
		out = append(out, segment{ids: s.ids})
		i += length
		from, trim = i, s.rstrip
	}
	plain(len(text), false)
	return out
}

// at is the special that begins at an index, and the length of its text; an exact match goes before one in other
// case.
func (c *cutter) at(text string, i int) (found special, length int) {
	for _, s := range c.first[text[i]] {
		n := s.match(text, i)
		if n > 0 && (found.text == "" || len(s.text) == len(found.text) && text[i:i+n] == s.text) {
			found, length = s, n
		}
	}
	return found, length
}

// match is the length of the special's text at index i; 0: it is not there.
func (s special) match(text string, i int) int {
	n := len(s.text)
	if s.name {
		n = foldedPrefix(text[i:], s.text)
	} else if !strings.HasPrefix(text[i:], s.text) {
		n = 0
	}
	switch {
	case n == 0 || s.word && touched(text, i, i+n):
		return 0
	case s.name && inside(text, i, i+n):
		return 0
	}
	return n
}

// foldedPrefix is how many bytes at the start of text are the name in any case; 0 for none.
func foldedPrefix(text, name string) int {
	at := 0
	for _, want := range name {
		have, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || have != want && !foldsTo(have, want) {
			return 0
		}
		at += size
	}
	return at
}

func foldsTo(a, b rune) bool {
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

func touched(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return from > 0 && wordy(before) || to < len(text) && wordy(after)
}

// inside reports whether a piece of text continues as a word beyond one of its ends.
func inside(text string, from, to int) bool {
	first, _ := utf8.DecodeRuneInString(text[from:])
	last, _ := utf8.DecodeLastRuneInString(text[:to])
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return from > 0 && wordy(first) && wordy(before) || to < len(text) && wordy(last) && wordy(after)
}

func (c *cutter) find(text string) (special, bool) {
	if text != "" {
		for _, s := range c.first[text[0]] {
			if s.text == text {
				return s, true
			}
		}
	}
	return special{}, false
}
