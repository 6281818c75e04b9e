package recipe

import (
	"strings"
	"testing"
)

// A value of the wrong type is reported by its name in the recipe.
func TestParseTellsWhichField(t *testing.T) {
	for text, want := range map[string]string{
		`{"steps": 1e30}`:         "its steps is number 1e30",
		`{"prompt": 5}`:           "its prompt is number",
		`{"expand": [1, 2, "x"]}`: "its expand is string",
		`{"steps": `:              "unexpected end",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
