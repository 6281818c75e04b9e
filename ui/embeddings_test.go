package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
)

// An embedding is put into a prompt once and taken out whole, without what other names begin with.
func TestEmbeddingCalls(t *testing.T) {
	for _, c := range []struct{ prompt, with, without string }{
		{"", "embedding:ink", ""},
		{"a fox", "a fox, embedding:ink", "a fox"},
		{"a fox, ", "a fox, embedding:ink", "a fox,"},
		{"a fox, embedding:INK, fog", "a fox, embedding:INK, fog", "a fox, fog"},
		{"embedding:ink, fog", "embedding:ink, fog", "fog"},
		{"(embedding:ink:1.2) fog", "(embedding:ink:1.2) fog", "fog"},
		{"embedding:inkwell", "embedding:inkwell, embedding:ink", "embedding:inkwell"},
		{"embedding:ink.safetensors", "embedding:ink.safetensors", ""},
	} {
		if got := withEmbedding(c.prompt, "ink"); got != c.with {
			t.Errorf("%q with it: %q, want %q", c.prompt, got, c.with)
		}
		if got := withoutEmbedding(c.prompt, "ink"); got != c.without {
			t.Errorf("%q without it: %q, want %q", c.prompt, got, c.without)
		}
	}
}

// The list is searched and writes names into the prompt and the negative prompt, and takes them out of both.
func TestEmbeddingList(t *testing.T) {
	w := window(t, Options{Embeddings: func(string, func([]app.LoRA)) {}})
	w.win.Resize(fyne.NewSize(1100, 700))
	w.showEmbeddings()
	var all []app.LoRA
	for i := range 5000 {
		all = append(all, app.LoRA{Name: fmt.Sprintf("sub/word %04d", i)})
	}
	all = append(all, app.LoRA{Name: "swirly", Words: []string{"curls of smoke"}})
	l := w.embeddings
	l.all = all
	l.search.SetText("smoke")
	l.show()
	if len(l.found) != 1 || !l.put.Disabled() {
		t.Fatalf("%d are found by a trigger word", len(l.found))
	}
	l.search.OnSubmitted("")
	if l.chosen != 5000 || l.put.Disabled() || !l.remove.Disabled() {
		t.Fatal("Enter does not choose the first")
	}
	w.studio.Set(func(t *app.Settings) { t.Prompt = "a fox" })
	l.put.OnTapped()
	l.negative.OnTapped()
	if s := w.studio.Settings; s.Prompt != "a fox, embedding:swirly" || s.Negative != "embedding:swirly" || l.label(5000) != "✓ swirly" {
		t.Errorf("%q, %q, %q", s.Prompt, s.Negative, l.label(5000))
	}
	l.remove.OnTapped()
	if s := w.studio.Settings; s.Prompt != "a fox" || s.Negative != "" || !l.remove.Disabled() {
		t.Errorf("taken out: %q, %q", s.Prompt, s.Negative)
	}
}
