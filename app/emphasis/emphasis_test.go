package emphasis

import (
	"strings"
	"testing"
)

// The selection is between [ and ], or the caret at |.
func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		text string
		by   float64
		want string
	}{
		{"a r|ed kite", Step, "a (red:1.1) kite"},
		{"a red| kite", Step, "a (red:1.1) kite"},
		{"a (r|ed:1.1) kite", Step, "a (red:1.2) kite"},
		{"a [(red:1.1)] kite", Step, "a (red:1.2) kite"},
		{"a (r|ed:1.1) kite", -Step, "a red kite"},
		{"a re|d kite", -Step, "a (red:0.9) kite"},
		{"a [ red kite ]", Step, "a  (red kite:1.1) "},
		{"((a| b:1.2), c:0.5)", Step, "((a b:1.3), c:0.5)"},
		{"((a b:1.2), c|:0.5)", Step, "((a b:1.2), c:0.6)"},
		{`a \(r|ed\) kite`, Step, `a \((red:1.1)\) kite`},
		{"un gâ|teau", Step, "un (gâteau:1.1)"},
		{"x (a:0|.05)", -Step, "x (a:0)"},
		{"<lora:ink:0|.8> a", Step, "<lora:ink:0.9> a"},
		{"<lora:i|nk:0> a", -Step, "<lora:ink:-0.1> a"},
		{" | ", Step, "  "},
		{"(a| b)", Step, "((a:1.1) b)"},
		{"a:|b (", Step, "a:(b:1.1) ("},
	} {
		from, until := strings.IndexAny(c.text, "[|"), strings.IndexByte(c.text, ']')
		plain := strings.NewReplacer("[", "", "]", "", "|", "").Replace(c.text)
		from = len([]rune(c.text[:from]))
		if until < 0 {
			until = from
		} else {
			until = len([]rune(c.text[:until])) - 1
		}
		got, a, b := Weigh(plain, from, until, c.by)
		if got != c.want {
			t.Errorf("%q by %g: %q, want %q", c.text, c.by, got, c.want)
		}
		if back, _, _ := Weigh(got, a, b, -c.by); got != plain && !strings.Contains(got, "<") && back != plain && c.want != "x (a:0)" {
			t.Errorf("%q: and back it is %q", c.text, back)
		}
	}
}

func FuzzWeigh(f *testing.F) {
	f.Add("a (red:1.1) <lora:x:1>", 3, 5)
	f.Fuzz(func(t *testing.T, text string, from, until int) {
		if _, a, b := Weigh(text, from, until, Step); a < 0 || b < a {
			t.Error(a, b)
		}
	})
}
