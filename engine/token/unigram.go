package token

import (
	"strings"
	"unicode/utf8"
)

// unigram spells words with the pieces whose scores sum highest (Kudo,
// "Subword regularization", 2018, section 3.1), found by Viterbi's algorithm.
type unigram struct {
	vocab   map[string]int
	scores  []float64 // log probabilities by id
	longest int       // bytes of the longest piece
	unknown int
	missing float64 // score of a character that no piece spells
	bytes   bool    // unknown characters are spelt with pieces like <0x0A>
	normal  func(string) string
	words   func(string) []string
}

// unknownPenalty is how far below the rarest piece an unknown character scores, as in SentencePiece.
const unknownPenalty = 10

// Encode normalises a text and spells each of its words.
func (u *unigram) Encode(text string) []int {
	var ids []int
	for _, w := range u.words(u.normal(text)) {
		ids = append(ids, u.spell(w)...)
	}
	return ids
}

// node is the best path to a position in a word.
type node struct {
	score float64
	from  int // -1: not reached
	id    int
}

func (u *unigram) spell(word string) []int {
	best := make([]node, len(word)+1)
	for i := range best {
		best[i].from = -1
	}
	reach := func(from, to, id int, score float64) {
		if s := best[from].score + score; best[to].from < 0 || s > best[to].score {
			best[to] = node{s, from, id}
		}
	}
	for at, n := 0, 0; at < len(word); at += n {
		_, n = utf8.DecodeRuneInString(word[at:])
		single := false
		for to := at + 1; to <= min(len(word), at+u.longest); to++ {
			if id, ok := u.vocab[word[at:to]]; ok && id < len(u.scores) {
				reach(at, to, id, u.scores[id])
				single = single || to == at+n
			}
		}
		if !single {
			reach(at, at+n, u.unknown, u.missing)
		}
	}
	return u.walk(word, best)
}

// walk reads the best path from its end. Unknown characters in a row are one token.
func (u *unigram) walk(word string, best []node) []int {
	var back []int
	for to := len(word); to > 0; to = best[to].from {
		n := best[to]
		switch {
		case n.id != u.unknown:
			back = append(back, n.id)
		case u.bytes && u.byteIDs(word[n.from:to]) != nil:
			ids := u.byteIDs(word[n.from:to])
			for i := range ids {
				back = append(back, ids[len(ids)-1-i])
			}
		case len(back) == 0 || back[len(back)-1] != u.unknown:
			back = append(back, u.unknown)
		}
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}

// byteIDs spells a character's bytes; nil if the table lacks one.
func (u *unigram) byteIDs(text string) []int {
	const hex = "0123456789ABCDEF"
	var ids []int
	for i := range len(text) {
		id, ok := u.vocab["<0x"+string(hex[text[i]>>4])+string(hex[text[i]&15])+">"]
		if !ok {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// metaspace splits words at spaces, which become the first letter of the word after them.
type metaspace struct {
	letter  string // "▁"
	prepend bool   // to a text that does not begin with a space
	split   bool
	fields  bool // white space only separates, and every word has the letter
}

func (m metaspace) words(text string) []string {
	if !m.fields {
		return m.cut(text)
	}
	var words []string
	for _, w := range strings.Fields(text) {
		words = append(words, m.cut(w)...)
	}
	return words
}

func (m metaspace) cut(text string) []string {
	text = strings.ReplaceAll(text, " ", m.letter)
	if text == "" {
		return nil
	}
	if m.prepend && !strings.HasPrefix(text, m.letter) {
		text = m.letter + text
	}
	if !m.split {
		return []string{text}
	}
	var words []string
	for text != "" {
		n := strings.Index(text[1:], m.letter) + 1
		if n == 0 {
			n = len(text)
		}
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}
