package token

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// fixMojibake turns text that was written in UTF-8 and read in Windows-1252 or
// Latin-1 ("cafÃ©") back into what it was; all of it where all of it is such
// text, else the spots that are. Text without telling signs stays as it is:
// any of these characters may also be meant.
func fixMojibake(text string) string {
	if isASCII(text) || !telling(text) {
		return text
	}
	if raw, ok := western(text); ok && utf8.Valid(raw) {
		return string(raw)
	}
	var out strings.Builder
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if c, used := misread(text); used > 0 {
			r, n = c, used
		}
		out.WriteRune(r)
		text = text[n:]
	}
	return out.String()
}

// western gives the bytes that Windows-1252, with Latin-1 in its gaps, writes a text in.
func western(text string) ([]byte, bool) {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := westernByte(r)
		if !ok {
			return nil, false
		}
		raw = append(raw, b)
	}
	return raw, true
}

func westernByte(r rune) (byte, bool) {
	if r < 0x100 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// telling reports the sequences that hardly anyone types: of two bytes those
// that spell Latin letters and punctuation, of three those of punctuation and
// symbols, of four emoji; of Cyrillic two at least.
func telling(text string) bool {
	cyrillic := 0
	for i, r := range text {
		c, used := rune(0), 0
		switch r {
		case 'Ã', 'Â', 'â', 'ð', 'Ð', 'Ñ':
			c, used = misread(text[i:])
		}
		switch {
		case used == 0:
		case r == 'Ð' || r == 'Ñ':
			if cyrillic++; cyrillic > 1 {
				return true
			}
		case c != '\u00a0' || used > 1:
			return true
		}
	}
	return false
}

// misread reads the character whose UTF-8 bytes text begins with the Western
// letters of, and how much of text they take; 0 if it does not.
func misread(text string) (rune, int) {
	var raw []byte
	used := 0
	for _, r := range text {
		b, ok := westernByte(r)
		if !ok || b < 0x80 || len(raw) > 0 && b >= 0xc0 {
			break
		}
		raw = append(raw, b)
		used += utf8.RuneLen(r)
		if utf8.FullRune(raw) {
			break
		}
	}
	c, n := utf8.DecodeRune(raw)
	if n < 2 || n != len(raw) {
		return 0, 0
	}
	return c, used
}
