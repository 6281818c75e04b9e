package cli

import (
	"encoding/json"
	"testing"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"a red heart\n\tBerge, 山":     "a red heart\n\tBerge, 山",
		"\x1b[31mred\x1b]0;title\x07": "\ufffd[31mred\ufffd]0;title\ufffd",
		"a\rb\bc\x7f\u009b2J":         "a\ufffdb\ufffdc\ufffd\ufffd2J",
		"abc\u202edef\u2066":          "abc\ufffddef\ufffd",
		"broken \xff\xfe":             "broken \ufffd",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := line("two\nlines \x1b[2J"); got != "two lines \ufffd[2J" {
		t.Errorf("%q", got)
	}
}

// What JSON says stays the same; no byte of it steers a terminal.
func TestPrintableJSON(t *testing.T) {
	const text = "a\x1b[2J\u009b2J\u202eb\x7f\n"
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	shown := printableJSON(data)
	if err := json.Unmarshal([]byte(shown), &back); err != nil || back != text {
		t.Errorf("%q, %v", back, err)
	}
	if shown != printable(shown) {
		t.Errorf("%q is not printable", shown)
	}
}
