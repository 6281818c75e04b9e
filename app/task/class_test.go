package task

import "testing"

func TestClassIn(t *testing.T) {
	classes := []string{"heart", "heart-eyes face", "apple", "", "pie"}
	for text, want := range map[string]int{"a red heart": 0, "Heart": 0, "a face with heart eyes": 0, "a heart-eyes face, flat": 1, "heart eyes face": 1,
		"an apple pie": 2, "pies": -1, "sweetheart": -1, "": -1, "...": -1} {
		if got := ClassIn(classes, text); got != want {
			t.Errorf("%q names class %d, want %d", text, got, want)
		}
	}
}
