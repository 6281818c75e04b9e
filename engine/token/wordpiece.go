package token

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// wordPiece is BERT's tokenizer: words at white space and punctuation, each spelled from the left with the longest
// pieces of the table.
type wordPiece struct {
	vocab   map[string]int
	unknown int
	prefix  string // of pieces that continue a word: "##"
	longest int    // characters; longer words are unknown
	normal  func(string) string
}

// Encode returns the pieces of every word.
func (w *wordPiece) Encode(text string) []int {
	var ids []int
	for _, word := range bertWords(w.normal(text)) {
		ids = append(ids, w.spell(word)...)
	}
	return ids
}

func (w *wordPiece) spell(word string) []int {
	if utf8.RuneCountInString(word) > w.longest {
		return []int{w.unknown}
	}
	var ids []int
	for from := 0; from < len(word); {
		id, to := w.piece(word, from)
		if to == 0 {
			return []int{w.unknown}
		}
		ids = append(ids, id)
		from = to
	}
	return ids
}

// piece is the longest one at from, and where it ends; 0: there is none.
func (w *wordPiece) piece(word string, from int) (id, to int) {
	prefix := ""
	if from > 0 {
		prefix = w.prefix
	}
	for to = len(word); to > from; to-- {
		if to < len(word) && !utf8.RuneStart(word[to]) {
			continue
		}
		if id, ok := w.vocab[prefix+word[from:to]]; ok {
			return id, to
		}
	}
	return 0, 0
}

// bertNormal is BERT's normalisation.
type bertNormal struct {
	clean, chinese, lower, strip bool // strip: accents
	assigned                     bool // clean also drops characters that Unicode has not assigned
}

func (b bertNormal) apply(text string) string {
	var out []rune
	for _, r := range text {
		switch {
		case b.clean && (r == 0 || r == 0xfffd || b.control(r)):
		case b.clean && unicode.IsSpace(r):
			out = append(out, ' ')
		case b.chinese && chinese(r):
			out = append(out, ' ', r, ' ')
		default:
			out = append(out, r)
		}
	}
	text = string(out)
	if b.strip {
		text = stripAccents(text)
	}
	if b.lower {
		text = lower(text, false)
	}
	return text
}

// stripAccents decomposes characters and drops the marks.
func stripAccents(text string) string {
	var out []rune
	for _, r := range norm.NFD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			out = append(out, r)
		}
	}
	return string(out)
}

// control reports characters that are not text: control, format and private ones.
func (b bertNormal) control(r rune) bool {
	if r == '\t' || r == '\n' || r == '\r' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) ||
		b.assigned && !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

// chinese reports CJK ideographs, each of which is a word.
func chinese(r rune) bool {
	for _, b := range [...][2]rune{{0x4e00, 0x9fff}, {0x3400, 0x4dbf}, {0x20000, 0x2a6df}, {0x2a700, 0x2b73f},
		{0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0xf900, 0xfaff}, {0x2f800, 0x2fa1f}} {
		if r >= b[0] && r <= b[1] {
			return true
		}
	}
	return false
}

// bertWords splits at white space and makes every punctuation mark a word.
func bertWords(text string) []string {
	var words []string
	from := -1
	end := func(i int) {
		if from >= 0 {
			words = append(words, text[from:i])
		}
		from = -1
	}
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			end(i)
		case bertPunctuation(r):
			end(i)
			words = append(words, text[i:i+utf8.RuneLen(r)])
		case from < 0:
			from = i
		}
	}
	end(len(text))
	return words
}

func bertPunctuation(r rune) bool {
	return r > 32 && r < 127 && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') || unicode.IsPunct(r)
}
