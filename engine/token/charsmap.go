package token

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// charsmap is SentencePiece's precompiled normalisation: a double-array trie
// (Aoe, 1989) from characters to offsets into a table of their replacements.
type charsmap struct {
	trie  []uint32
	table []byte // replacements, each ended by a zero
}

func newCharsmap(raw []byte) (*charsmap, error) {
	if len(raw) < 4 {
		return nil, errors.New("its table of character replacements is cut off")
	}
	n := int64(binary.LittleEndian.Uint32(raw))
	if n%4 != 0 || 4+n > int64(len(raw)) {
		return nil, errors.New("its table of character replacements is damaged")
	}
	c := &charsmap{trie: make([]uint32, n/4), table: raw[4+n:]}
	for i := range c.trie {
		c.trie[i] = binary.LittleEndian.Uint32(raw[4+4*i:])
	}
	return c, nil
}

// lookup is the replacement of the shortest prefix of s that has one.
func (c *charsmap) lookup(s string) (replacement string, ok bool) {
	c.prefixes(s, func(r string, _ int) bool {
		replacement, ok = r, true
		return false
	})
	return replacement, ok
}

// longest is the replacement of the longest prefix of s that has one, and that prefix's length; 0: none has.
func (c *charsmap) longest(s string) (replacement string, length int) {
	c.prefixes(s, func(r string, n int) bool {
		replacement, length = r, n
		return true
	})
	return replacement, length
}

// prefixes calls found for every prefix of s that has a replacement, the shortest first, until it returns false.
func (c *charsmap) prefixes(s string, found func(replacement string, length int) bool) {
	if len(c.trie) == 0 {
		return
	}
	at := offset(c.trie[0])
	for i := range len(s) {
		at ^= uint32(s[i])
		if uint64(at) >= uint64(len(c.trie)) {
			return
		}
		unit := c.trie[at]
		if unit&(1<<31|0xff) != uint32(s[i]) {
			return
		}
		at ^= offset(unit)
		if unit>>8&1 == 0 {
			continue
		}
		if r, ok := c.value(at); !ok || !found(r, i+1) {
			return
		}
	}
}

// value reads the leaf at a node's children.
func (c *charsmap) value(at uint32) (string, bool) {
	if uint64(at) >= uint64(len(c.trie)) {
		return "", false
	}
	v := c.trie[at] &^ (1 << 31)
	if uint64(v) >= uint64(len(c.table)) {
		return "", false
	}
	s := c.table[v:]
	if end := bytes.IndexByte(s, 0); end >= 0 {
		s = s[:end]
	}
	return string(s), true
}

// offset is where a trie unit's children start, relative to it.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// apply replaces whole grapheme clusters of up to five bytes, else single characters.
func (c *charsmap) apply(text string) string {
	var out strings.Builder
	for text != "" {
		n := cluster(text)
		if n < 6 {
			if s, ok := c.lookup(text[:n]); ok {
				out.WriteString(s)
				text = text[n:]
				continue
			}
		}
		for _, r := range text[:n] {
			if s, ok := c.lookup(string(r)); ok {
				out.WriteString(s)
			} else {
				out.WriteRune(r)
			}
		}
		text = text[n:]
	}
	return out.String()
}

// cluster is the length of the first grapheme cluster: a letter with its marks, or a line break of two characters
// (Unicode annex 29, as far as short clusters go).
func cluster(text string) int {
	r, n := utf8.DecodeRuneInString(text)
	if strings.HasPrefix(text, "\r\n") {
		return 2
	}
	if unicode.IsControl(r) || r == 0x200b || r == 0x2028 || r == 0x2029 {
		return n
	}
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !extends(r) {
			break
		}
		n += size
	}
	return n
}

func extends(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r == 0x200c || r == 0x200d ||
		r == 0xff9e || r == 0xff9f || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}
