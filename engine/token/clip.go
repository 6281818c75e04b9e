package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clip is CLIP's byte-level BPE.
type clip struct {
	vocab   map[string]int
	ranks   map[pair]int // merges, the first in the file is rank 0
	unknown int
	clean   func(string) string
	// late are specials looked for after cleaning, where capitals do not matter: tokenizer.json may declare them so.
	// CLIP's other form looks for them word by word.
	late cutter
}

type pair struct{ left, right string }

const endOfWord = "</w>"

// Encode cleans a text, splits it into words and each word into pieces.
func (c *clip) Encode(text string) []int {
	var ids []int
	for _, s := range c.late.split(c.clean(text)) {
		if s.ids != nil {
			ids = append(ids, s.ids...)
			continue
		}
		for _, w := range clipWords(s.text) {
			ids = append(ids, c.word(w)...)
		}
	}
	return ids
}

func (c *clip) word(w string) []int {
	if w == clipStart || w == clipEnd {
		return []int{c.id(w)}
	}
	var ids []int
	for _, p := range c.pieces(w) {
		ids = append(ids, c.id(p))
	}
	return ids
}

func (c *clip) id(piece string) int {
	if id, ok := c.vocab[piece]; ok {
		return id
	}
	return c.unknown
}

// pieces merges a word's bytes, the pair of the lowest rank first.
func (c *clip) pieces(word string) []string {
	parts := make([]string, len(word))
	for i := range len(word) {
		parts[i] = string(byteSymbols[word[i]])
	}
	parts[len(parts)-1] += endOfWord
	return mergedBy(c.ranks, parts)
}

// mergedBy merges pieces, the pair of the lowest rank first.
func mergedBy(ranks map[pair]int, parts []string) []string {
	for len(parts) > 1 {
		best, rank := pair{}, -1
		for i := range len(parts) - 1 {
			p := pair{parts[i], parts[i+1]}
			if r, ok := ranks[p]; ok && (rank < 0 || r < rank) {
				best, rank = p, r
			}
		}
		if rank < 0 {
			break
		}
		parts = merge(parts, best)
	}
	return parts
}

// merge joins every occurrence of a pair, from left to right.
func merge(parts []string, p pair) []string {
	out := parts[:0]
	for i := 0; i < len(parts); i++ {
		if i+1 < len(parts) && parts[i] == p.left && parts[i+1] == p.right {
			out = append(out, p.left+p.right)
			i++
		} else {
			out = append(out, parts[i])
		}
	}
	return out
}

// byteSymbols is the printable letter for each byte in the vocabulary: itself where it is printable, else one from
// U+0100 on.
var byteSymbols = func() (s [256]rune) {
	next := rune(0x100)
	for b := range s {
		switch {
		case b >= 33 && b <= 126, b >= 161 && b <= 172, b >= 174:
			s[b] = rune(b)
		default:
			s[b] = next
			next++
		}
	}
	return s
}()

const (
	clipStart = "<|startoftext|>"
	clipEnd   = "<|endoftext|>"
)

var contractions = []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}

// clipWords splits a cleaned text: special tokens, contractions, runs of letters, single numbers, runs of anything
// else; white space only separates.
func clipWords(text string) []string {
	var words []string
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if unicode.IsSpace(r) {
			text = text[size:]
			continue
		}
		n := fixedWord(text)
		switch {
		case n > 0:
		case unicode.IsLetter(r):
			n = run(text, unicode.IsLetter)
		case unicode.IsNumber(r):
			n = size
		default:
			n = run(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		}
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}

func fixedWord(text string) int {
	if text[0] == '<' {
		for _, s := range []string{clipStart, clipEnd} {
			if strings.HasPrefix(text, s) {
				return len(s)
			}
		}
	}
	if text[0] == '\'' {
		for _, s := range contractions {
			if strings.HasPrefix(text, s) {
				return len(s)
			}
		}
	}
	return 0
}

// run is the length of the prefix of text for which is holds.
func run(text string, is func(rune) bool) int {
	for i, r := range text {
		if !is(r) {
			return i
		}
	}
	return len(text)
}
