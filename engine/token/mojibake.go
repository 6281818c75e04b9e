package token

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// fixMojibake restores text that was written in UTF-8 and read in Windows-1252 or Latin-1 ("cafÃ©"): all of it where
// all of it is such text, else the parts that are. Text without unlikely neighbours is unchanged: any of these
// characters may also be meant.
func fixMojibake(text string) string {
	if isASCII(text) || !unlikely(text) {
		return text
	}
	if raw, ok := western(text); ok {
		if raw = spacesBack(raw); utf8.Valid(raw) {
			return string(raw)
		}
	}
	var out strings.Builder
	inside := false // after a letter that could be the middle of a longer sequence
	for text != "" {
		n := misreadRun(text)
		if n == 0 || inside || !unlikely(text[:n]) {
			r, size := utf8.DecodeRuneInString(text)
			b, ok := westernByte(r)
			inside = ok && b >= 0x80 && b < 0xc0
			out.WriteRune(r)
			text = text[size:]
			continue
		}
		raw, _ := western(text[:n])
		out.Write(raw)
		text = text[n:]
	}
	return out.String()
}

// misreadRun is the length of the misread characters that text begins with.
func misreadRun(text string) int {
	n := 0
	for used := misread(text); used > 0; used = misread(text[n:]) {
		n += used
	}
	return n
}

// western encodes a text in Windows-1252, with Latin-1 in its gaps.
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

// spacesBack restores 0xA0 where some program replaced it by a space: after the first byte of common letters that end
// so. "Ã " before a word is the French and Portuguese "à" with its space, which stays.
func spacesBack(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i, b := range raw {
		out = append(out, b)
		if i+1 == len(raw) || raw[i+1] != ' ' || strings.IndexByte("\xc2\xc3\xc5\xce\xd0\xd9", b) < 0 {
			continue
		}
		if rest := string(raw[i+2:]); b == 0xc3 && !joined(rest) {
			out = append(out, 0xa0)
		} else {
			raw[i+1] = 0xa0
		}
	}
	return out
}

// joined reports the rests of "àquele" and similar words, and another space.
func joined(rest string) bool {
	for _, s := range []string{" ", "quele", "quela", "quilo", "s "} {
		if strings.HasPrefix(rest, s) {
			return true
		}
	}
	return false
}

func westernByte(r rune) (byte, bool) {
	if r < 0x100 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// misread is how much of text are Western letters that spell the UTF-8 bytes of one character; 0 if it does not begin
// with such letters.
func misread(text string) int {
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
	if _, n := utf8.DecodeRune(raw); n < 2 || n != len(raw) {
		return 0
	}
	return used
}
