package app

import (
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/recipe"
)

func TestProposedName(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		if got := b.ProposedName(); got != "picture" {
			t.Errorf("an empty studio proposes %q", got)
		}
		b.Set(func(s *Settings) { s.Prompt, s.Seed = "Ein roter Käfer, (flat:1.2) <lora:x:1>", 7 })
		b.Generate()
		b.after(5 * time.Second)
		if got := b.ProposedName(); got != "ein-roter-käfer-flat-1-2-lora-x-1-7" {
			t.Errorf("a candidate is proposed as %q", got)
		}
		b.Tray.Keep()
		if got := b.ProposedName(); got != "ein-roter-käfer-flat-1-2-lora-x-1-7" {
			t.Errorf("kept, it is proposed as %q", got)
		}
		b.Document.Path = filepath.Join("somewhere", "cat.v2.jpg")
		if got := b.ProposedName(); got != "cat.v2" {
			t.Errorf("a file's picture is proposed as %q", got)
		}
	})
	if got := (recipe.Recipe{Prompt: "../..\\a very long prompt with words that do not end, for a file"}).Words(); got != "a-very-long-prompt-with-words-that-do" {
		t.Errorf("words %q", got)
	}
}
