package token

import (
	"slices"
	"testing"
)

// Words are put together from their pieces, whatever the kind of the table; an embedding's vectors are one.
func TestWords(t *testing.T) {
	clip, err := bundled("clip")
	if err != nil {
		t.Fatal(err)
	}
	clip.AddToken("mystyle", 3)
	row := clip.Padded("a Tardigrade, caf\u00e9 mystyle x99", 77)
	var said []string
	at := map[int]bool{}
	for _, w := range clip.Words(row) {
		said = append(said, w.Text)
		for _, i := range w.At {
			if at[i] || i == 0 || row[i] == clip.End {
				t.Errorf("%s is at %v", w.Text, w.At)
			}
			at[i] = true
		}
	}
	if !slices.Equal(said, []string{"a", "tardigrade", "caf\u00e9", "mystyle", "x", "9", "9"}) && !slices.Equal(said, []string{"a", "tardigrade", "caf\u00e9", "mystyle", "x", "99"}) {
		t.Errorf("the words are %q", said)
	}
	own, err := Open("../../models/nirvana/tokenizer")
	if err != nil {
		t.Fatal(err)
	}
	said = nil
	for _, w := range own.Words(own.Padded("an unbelievable, red heart!", 24)) {
		said = append(said, w.Text)
	}
	if !slices.Equal(said, []string{"an", "unbelievable", "red", "heart"}) {
		t.Errorf("the words are %q", said)
	}
}
