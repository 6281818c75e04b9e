package token

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// variants are folders made from those in testdata: the same tables, declared another way.
func variants(t *testing.T) map[string]*Folder {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	vocab, list := read("clip-49408/vocab.json"), read("clip-49408/merges.txt")
	pairs, err := parseMerges(list)
	if err != nil {
		t.Fatal(err)
	}
	bang := folder(t, map[string]string{"vocab.json": string(vocab), "merges.txt": string(list), "special_tokens_map.json": `{"pad_token": "!"}`})
	fast := folder(t, map[string]string{"tokenizer.json": fastCLIP(t, vocab, pairs)})
	out := map[string]*Folder{"clip-49408": open(t, "clip-49408"), "t5": open(t, "t5"), "bert": open(t, "bert")}
	for name, dir := range map[string]string{"clip-49408-bang": bang, "clip-49408-fast": fast, "bert-txt": bertText(t)} {
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = f
	}
	return out
}

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func fastCLIP(t *testing.T, vocab []byte, pairs []pair) string {
	t.Helper()
	var both [][2]string
	for _, p := range pairs {
		both = append(both, [2]string{p.left, p.right})
	}
	text, err := json.Marshal(map[string]any{
		"added_tokens":   []any{map[string]any{"id": 49406, "content": clipStart, "normalized": true}, map[string]any{"id": 49407, "content": clipEnd, "normalized": true}},
		"post_processor": map[string]any{"type": "RobertaProcessing", "sep": []any{clipEnd, 49407}, "cls": []any{clipStart, 49406}},
		"model":          map[string]any{"type": "BPE", "end_of_word_suffix": "</w>", "vocab": json.RawMessage(vocab), "merges": both},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// bertText is testdata/bert with its table as vocab.txt, BERT's first form.
func bertText(t *testing.T) string {
	t.Helper()
	var j tokenizerJSON
	readTest(t, "testdata/bert/tokenizer.json", &j)
	vocab, err := j.vocab()
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	for p := range vocab {
		pieces = append(pieces, p)
	}
	sort.Slice(pieces, func(a, b int) bool { return vocab[pieces[a]] < vocab[pieces[b]] })
	return folder(t, map[string]string{"vocab.txt": strings.Join(pieces, "\n") + "\n"})
}

// TestPublished compares with ids that others published and that transformers gave; see the file's first field.
func TestPublished(t *testing.T) {
	var ref struct{ Texts []reference }
	readTest(t, "testdata/texts.json", &ref)
	all := variants(t)
	for _, c := range ref.Texts {
		f := all[c.Folder]
		if got := whole(f, c.Text); !slices.Equal(got, c.IDs) {
			t.Errorf("%s: %+q is\n %v, want\n %v", c.Folder, c.Text, got, c.IDs)
		}
	}
}

// TestTinyVocabulary is the set-up of tests/models/clip/test_tokenization_clip.py in huggingface/transformers.
func TestTinyVocabulary(t *testing.T) {
	pieces := strings.Fields("l o w e r s t i d n lo l</w> w</w> r</w> t</w> low</w> er</w> lowest</w> newer</w> wider <unk> <|startoftext|> <|endoftext|>")
	vocab := map[string]int{}
	for i, p := range pieces {
		vocab[p] = i
	}
	text, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(folder(t, map[string]string{
		"vocab.json":              string(text),
		"merges.txt":              "#version: 0.2\nl o\nlo w</w>\ne r</w>\n",
		"special_tokens_map.json": `{"unk_token": "<unk>"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Encode("lower newer<unk>"), []int{10, 2, 16, 9, 3, 2, 16, 20}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	a, b := f.Encode("xa\u0303y"), f.Encode("x\u00e3y")
	if !slices.Equal(a, b) {
		t.Errorf("a letter with its mark apart is %v, together %v", a, b)
	}
}

// smallFast is testdata/clip as a tokenizer.json.
func smallFast(t *testing.T) *Folder {
	t.Helper()
	vocab, err := os.ReadFile("testdata/clip/vocab.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/clip/merges.txt")
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := parseMerges(list)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("49406", "998", "49407", "999").Replace(fastCLIP(t, vocab, pairs))
	f, err := Open(folder(t, map[string]string{"tokenizer.json": text}))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFastCLIP(t *testing.T) {
	f := smallFast(t)
	for _, c := range references(t).Texts {
		if c.Folder == "clip" {
			want := c.IDs
			if c.Fast != nil {
				want = c.Fast
			}
			check(t, f, c.Text, want)
		}
	}
}

// TestOdd compares texts made up at random with what the field's own tokenizers gave; see the file's first field.
func TestOdd(t *testing.T) {
	var ref struct{ Texts []reference }
	readTest(t, "testdata/odd.json", &ref)
	folders := map[string]*Folder{"clip": open(t, "clip"), "clip-49408": open(t, "clip-49408"), "clip-fast": smallFast(t), "bert": open(t, "bert"), "t5": open(t, "t5")}
	for _, c := range ref.Texts {
		if got := whole(folders[c.Folder], c.Text); !slices.Equal(got, c.IDs) {
			t.Errorf("%s: %+q is\n %v, want\n %v", c.Folder, c.Text, got, c.IDs)
		}
	}
}
