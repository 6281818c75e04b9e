package compose

import (
	"strings"
	"testing"

	"nirvana/app/notice"
	"nirvana/app/recipe"
)

// What is gone on with by another model or library says so in a line, and what is not, or may not be, does not.
func TestContinued(t *testing.T) {
	say := func(text string) string { return text }
	began := recipe.Recipe{ModelHash: "a", Runtime: "ONNX Runtime 1.20, CPU", Pictures: map[string]string{"init": "x"}}
	for want, made := range map[string]recipe.Recipe{
		"model is another":       {ModelHash: "b", Runtime: began.Runtime},
		"1.20, CPU, this is ONN": {ModelHash: "a", Runtime: "ONNX Runtime 1.24, CPU"},
	} {
		if n := Continued(made, &began, say); n == nil || !strings.Contains(n.Advice, want) || strings.Contains(n.Advice, "\n") {
			t.Errorf("%+v: %+v", made, n)
		}
	}
	same := recipe.Recipe{ModelHash: "a", Runtime: began.Runtime}
	for name, n := range map[string]*notice.Notice{"in one go": Continued(same, nil, say), "by the same": Continued(same, &began, say), "of before it was known": Continued(same, &recipe.Recipe{}, say)} {
		if n != nil {
			t.Errorf("%s: %+v", name, n)
		}
	}
}
