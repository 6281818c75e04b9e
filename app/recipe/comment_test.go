package recipe

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/japanese"
)

func wide(order binary.AppendByteOrder, s string) (out string) {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// Every encoding that programs write into EXIF's UserComment, with each character code and without one.
func TestComment(t *testing.T) {
	be, le := binary.BigEndian, binary.LittleEndian
	jis, err := japanese.ISO2022JP.NewEncoder().String("日本の猫, Steps: 2")
	if err != nil {
		t.Fatal(err)
	}
	euc, _ := japanese.EUCJP.NewEncoder().String("日本の猫")
	const text = "a café, 日本\nSteps: 20, Sampler: Euler"
	for _, c := range []struct {
		name, value string
		order       binary.ByteOrder
		want        string
	}{
		{"UTF-16 of the file's order", "UNICODE\x00" + wide(le, text), le, text},
		{"UTF-16, big in a little file", "UNICODE\x00" + wide(be, text), le, text},
		{"UTF-16, little in a big file", "UNICODE\x00" + wide(le, text) + "\x00\x00", be, text},
		{"UTF-16 with its mark", "UNICODE\x00\xff\xfe" + wide(le, text), be, text},
		{"UTF-16 big with its mark", "UNICODE\x00\xfe\xff" + wide(be, "日本"), le, "日本"},
		{"UTF-16 without Latin letters", "UNICODE\x00" + wide(be, "山の上の城と青い鳥"), be, "山の上の城と青い鳥"},
		{"an emoji", "UNICODE\x00" + wide(le, "a 🦊"), le, "a 🦊"},
		{"UTF-8", "UNICODE\x00" + text, le, text},
		{"UTF-8 with zeros behind", "UNICODE\x00" + text + "\x00\x00\x00", be, text},
		{"UTF-8 with its mark", "UNICODE\x00\xef\xbb\xbf" + text, be, text},
		{"ASCII", "ASCII\x00\x00\x00a cat", le, "a cat"},
		{"UTF-8 called ASCII", "ASCII\x00\x00\x00" + text, le, text},
		{"Latin-1 called ASCII", "ASCII\x00\x00\x00caf\xe9", le, "café"},
		{"UTF-16 called ASCII", "ASCII\x00\x00\x00" + wide(be, text), le, text},
		{"JIS", "JIS\x00\x00\x00\x00\x00" + jis, be, "日本の猫, Steps: 2"},
		{"EUC called JIS", "JIS\x00\x00\x00\x00\x00" + euc, be, "日本の猫"},
		{"undefined", "\x00\x00\x00\x00\x00\x00\x00\x00" + text, be, text},
		{"no mark", text, be, text},
		{"no mark, short", "cat", be, "cat"},
		{"no mark, UTF-16", wide(le, text), be, text},
		{"empty", "UNICODE\x00", be, ""},
		{"nothing", "", be, ""},
	} {
		if got := comment([]byte(c.value), c.order); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzComment(f *testing.F) {
	f.Add([]byte("UNICODE\x00a\x00b\x00"), true)
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		if big {
			comment(b, binary.BigEndian)
		} else {
			comment(b, binary.LittleEndian)
		}
	})
}
