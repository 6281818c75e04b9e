package models

import (
	"path/filepath"
	"testing"
)

func TestModelsBesideTheProgram(t *testing.T) {
	for program, want := range map[string]string{
		"/opt/nirvana/nirvana":                             "/opt/nirvana/models",
		"/Applications/Nirvana.app/Contents/MacOS/nirvana": "/Applications/Nirvana.app/Contents/Resources/models",
		"/home/me/MacOS/nirvana":                           "/home/me/MacOS/models",
	} {
		if got := filepath.ToSlash(beside(filepath.FromSlash(program))); got != want {
			t.Errorf("%s: models in %s, not in %s", program, got, want)
		}
	}
}
