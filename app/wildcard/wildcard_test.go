package wildcard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/random"
	"nirvana/engine/token"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExpand(t *testing.T) {
	long := ""
	for i := range 5000 {
		long += fmt.Sprintf("word%d\r\n", i)
	}
	dir := folder(t, map[string]string{"colour.txt": "\ufeffred\n# none\n\n2::green\nblue | grey", "animals/birds.txt": "a __colour__ jay", "animals/cats.txt": "cat",
		"long.txt": long, "braces.txt": "{old|new} house\n} odd", "round.txt": "x __round__", "my_set.txt": "one"})
	drawn := func(text string, seed uint64) string {
		t.Helper()
		out, err := Expand(text, dir, seed)
		if err != nil {
			t.Fatal(text, err)
		}
		return token.Draw(out, random.NewTorch(seed).Intn)
	}
	seen := map[string]int{}
	for seed := range uint64(400) {
		seen[drawn("a __colour__ hat", seed)]++
		if again := drawn("a __colour__ hat", seed); seen[again] == 0 {
			t.Fatal("a seed draws another the second time:", again)
		}
	}
	if len(seen) != 3 || seen["a green hat"] < 150 || seen["a red hat"] < 50 || seen["a blue | grey hat"] < 50 {
		t.Errorf("drew %v", seen)
	}
	birds, both := map[string]int{}, map[string]int{}
	for seed := range uint64(60) {
		birds[drawn("__animals/birds__", seed)]++
		both[drawn("__animals/*__", seed)[:1]]++
		if w := drawn("__long__", seed); !strings.HasPrefix(w, "word") || strings.ContainsAny(w, "{|}") {
			t.Fatalf("of a long file %q was drawn", w)
		}
		if w := drawn("__braces__", seed); w != "old house" && w != "new house" && w != "} odd" {
			t.Fatalf("%q", w)
		}
	}
	if len(birds) != 3 || len(both) != 2 {
		t.Error(birds, both)
	}
	for _, same := range []string{"no wildcard", "a __ b __ c", "<lora:my__colour__x:1>", "snake_case"} {
		if got := drawn(same, 3); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	if got := drawn("__my_set__, __ANIMALS/cats__", 1); got != "one, cat" {
		t.Error(got)
	}
	for _, wrong := range []string{"__none__", "__round__", "__../colour__", "__/etc/passwd__"} {
		if out, err := Expand(wrong, dir, 1); fault.Of(err) != fault.Prompt {
			t.Errorf("%q became %q, %v", wrong, out, err)
		}
	}
	if out, err := Expand("__none__", filepath.Join(dir, "not there"), 1); err != nil || out != "__none__" {
		t.Error("without a folder the text is another", out, err)
	}
}
