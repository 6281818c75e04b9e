package recipe

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// comment decodes a UserComment: eight bytes that name the encoding, then the text (EXIF 3.0, section 4.6.6). Many
// programs omit the character code, or write one that does not match the text.
func comment(value []byte, order binary.ByteOrder) string {
	body := value
	for _, mark := range []string{"ASCII\x00\x00\x00", "JIS\x00\x00\x00\x00\x00", "UNICODE\x00", "UNICODE ", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if rest, ok := bytes.CutPrefix(value, []byte(mark)); ok {
			if body = rest; mark[0] == 'J' {
				return trimmed(fromJIS(body))
			}
			if mark[0] == 'U' {
				return trimmed(fromUnicode(body, order))
			}
			break
		}
	}
	if bytes.ContainsRune(bytes.TrimRight(body, "\x00"), 0) {
		return trimmed(fromUTF16(body, order))
	}
	return trimmed(fromBytes(body))
}

func trimmed(s string) string { return strings.TrimRight(s, "\x00 ") }

// fromUnicode distinguishes UTF-16 of either byte order from UTF-8, which EXIF 3.0 allows with the same code.
func fromUnicode(b []byte, order binary.ByteOrder) string {
	text := bytes.TrimRight(b, "\x00")
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		return string(rest)
	}
	if !bytes.ContainsRune(text, 0) && utf8.Valid(text) && !bytes.HasPrefix(b, []byte("\xfe\xff")) && !bytes.HasPrefix(b, []byte("\xff\xfe")) {
		return string(text)
	}
	return fromUTF16(b, order)
}

// fromUTF16 uses the byte order mark, then the position of the zero bytes of Latin letters: AUTOMATIC1111 (piexif)
// writes big-endian whatever the file's order. Otherwise the order that gives more letters.
func fromUTF16(b []byte, order binary.ByteOrder) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decode16(b[2:], binary.BigEndian)
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return decode16(b[2:], binary.LittleEndian)
	}
	var zeros [2]int
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] != 0 && b[i+1] == 0 {
			zeros[1]++
		} else if b[i] == 0 && b[i+1] != 0 {
			zeros[0]++
		}
	}
	switch {
	case zeros[0] > zeros[1]:
		return decode16(b, binary.BigEndian)
	case zeros[1] > zeros[0]:
		return decode16(b, binary.LittleEndian)
	}
	big, little := decode16(b, binary.BigEndian), decode16(b, binary.LittleEndian)
	if l, g := letters(little), letters(big); l > g || l == g && order == binary.LittleEndian {
		return little
	}
	return big
}

func decode16(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

func letters(s string) (n int) {
	for _, r := range s {
		if r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsPunct(r) || unicode.IsSpace(r)) {
			n++
		}
	}
	return n
}

// fromJIS reads the escapes of ISO-2022-JP; without them EUC or plain text, which programs write with this code.
func fromJIS(b []byte) string {
	switch {
	case bytes.ContainsRune(b, 0x1b):
		if s, err := japanese.ISO2022JP.NewDecoder().Bytes(b); err == nil {
			return string(s)
		}
	case !utf8.Valid(b):
		if s, err := japanese.EUCJP.NewDecoder().Bytes(b); err == nil {
			return string(s)
		}
	}
	return fromBytes(b)
}

// fromBytes reads UTF-8, or Latin-1 if it is not valid UTF-8.
func fromBytes(b []byte) string {
	if b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")); utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b) + len(b)/4)
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
