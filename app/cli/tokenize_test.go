package cli

import (
	"strings"
	"testing"

	"nirvana/engine/token"
)

// tokenize counts as the prompt's reader does: attention is a weight, LoRA calls are no text, a BREAK and the 75th token
// end a chunk.
func TestTokenize(t *testing.T) {
	folder, err := token.Open("../../engine/token/testdata/clip")
	if err != nil {
		t.Fatal(err)
	}
	cat := folder.Pieces("cat")[0]
	line := func(extra string) string { return strings.Join([]string{itoa(cat.ID), cat.Text}, "\t") + extra + "\n" }
	for text, want := range map[string]string{
		"cat":                      line(""),
		"cat<lora:x:0.5>":          line(""),
		"(cat:1.5) cat":            line("\t1.5") + line(""),
		"cat BREAK cat":            "# chunk 1 of 2: 1 of 75 tokens\n" + line("") + "# chunk 2 of 2: 1 of 75 tokens\n" + line(""),
		"cat AND cat cat:0.5":      "# prompt 1 of 2, weight 1\n" + line("") + "# prompt 2 of 2, weight 0.5\n" + line("") + line(""),
		"{cat|cat cat}":            line(""),
		strings.Repeat("cat ", 76): "# chunk 1 of 2: 75 of 75 tokens\n" + strings.Repeat(line(""), 75) + "# chunk 2 of 2: 1 of 75 tokens\n" + line(""),
	} {
		var out strings.Builder
		if err := encoded(&out, folder, text); err != nil || out.String() != want {
			t.Errorf("%q is\n%s, want\n%s(%v)", text, out.String(), want, err)
		}
	}
	if err := encoded(&strings.Builder{}, folder, "cat <lora:x:0,5>"); err == nil || !strings.Contains(err.Error(), "0.5") {
		t.Errorf("a wrong weight: %v", err)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
