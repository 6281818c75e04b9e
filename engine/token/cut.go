package token

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// special is a text that stands for ids of its own and never reaches the tokenizer.
type special struct {
	text           string
	ids            []int
	lstrip, rstrip bool // takes the white space beside it along
	word           bool // only where no letter or number touches it
}

// cutter cuts texts at its specials.
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
	all := c.first[s.text[0]]
	for i := range all {
		if all[i].text == s.text {
			all[i] = s
			return
		}
	}
	all = append(all, s)
	sort.SliceStable(all, func(i, j int) bool { return len(all[i].text) > len(all[j].text) })
	c.first[s.text[0]] = all
}

// segment is plain text, or the ids of a special.
type segment struct {
	text string
	ids  []int
}

// split gives a text's segments in order, none of them empty; of specials that
// start at one place the longest wins.
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
		s, ok := c.at(text, i)
		if !ok {
			i++
			continue
		}
		plain(i, s.lstrip)
		out = append(out, segment{ids: s.ids})
		i += len(s.text)
		from, trim = i, s.rstrip
	}
	plain(len(text), false)
	return out
}

func (c *cutter) at(text string, i int) (special, bool) {
	for _, s := range c.first[text[i]] {
		if strings.HasPrefix(text[i:], s.text) && !(s.word && touched(text, i, i+len(s.text))) {
			return s, true
		}
	}
	return special{}, false
}

func touched(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	wordy := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }
	return from > 0 && wordy(before) || to < len(text) && wordy(after)
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
