package token

import (
	"slices"
	"strings"
	"unicode"
)

// Word is a word of a text as a row of ids has it.
type Word struct {
	Text string // as the table spells it: CLIP's and most others' without capitals
	At   []int  // its tokens' places in the row
}

// Words are the words of a row: pieces that belong together are one, and so are an embedding's vectors. Start, end, padding
// and punctuation are none.
func (f *Folder) Words(row []int) []Word {
	var ids []int
	from := 0
	for i, id := range row {
		if id == f.Start && len(ids) == 0 {
			from = i + 1
			continue
		}
		if id == f.End || f.End < 0 && id == f.Pad {
			break
		}
		ids = append(ids, id)
	}
	var words []Word
	goesOn := false
	for i, p := range f.Named(ids) {
		text, first, last := f.spelled(p.Text)
		special := p.ID >= f.ownSize()
		if n := len(words) - 1; n >= 0 && (goesOn && !first && !special || special && f.sameAdded(words[n].Text, p.Text)) {
			if !special {
				words[n].Text += text
			}
			words[n].At = append(words[n].At, from+i)
		} else {
			words = append(words, Word{text, []int{from + i}})
		}
		goesOn = !last && !special
	}
	for i := range words {
		words[i].Text = unsymbolled(words[i].Text, f.Kind)
	}
	return slices.DeleteFunc(words, func(w Word) bool {
		return !strings.ContainsFunc(w.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) })
	})
}

// spelled is a piece's part of a word, and whether it begins one and ends one for certain.
func (f *Folder) spelled(piece string) (text string, first, last bool) {
	switch f.Kind {
	case CLIP:
		text, last = strings.CutSuffix(piece, endOfWord)
		return text, false, last
	case ByteBPE:
		text, first = strings.CutPrefix(piece, string(byteSymbols[' ']))
		return text, first, false
	case WordPiece:
		text, goesOn := strings.CutPrefix(piece, "##")
		return text, !goesOn, false
	}
	text, first = strings.CutPrefix(piece, "\u2581")
	return text, first, false
}

// ownSize is the number of ids that the folder's own table has.
func (f *Folder) ownSize() int {
	if f.own == 0 {
		return f.Size
	}
	return f.own
}

// sameAdded reports whether an added piece is a later vector of the embedding whose word it is.
func (f *Folder) sameAdded(word, piece string) bool {
	rest, ok := strings.CutPrefix(piece, word+"_")
	return ok && rest != "" && !strings.ContainsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
}

// unsymbolled is text whose bytes a table of bytes writes as letters.
func unsymbolled(text, kind string) string {
	if kind != CLIP && kind != ByteBPE {
		return text
	}
	var out []byte
	for _, r := range text {
		b := slices.Index(byteSymbols[:], r)
		if b < 0 {
			return text
		}
		out = append(out, byte(b))
	}
	return string(out)
}
