package token

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// Words and ids of Qwen's pre-tokenizer with a small table, as huggingface/tokenizers 0.22 gives them
// (app/conformance/record/zimage.py makes the table).
func TestByteBPE(t *testing.T) {
	var texts []struct {
		Text  string
		Words []string
		IDs   []int
	}
	data, err := os.ReadFile("testdata/qwen/texts.json")
	if err == nil {
		err = json.Unmarshal(data, &texts)
	}
	if err != nil || len(texts) < 10 {
		t.Fatal(err, len(texts))
	}
	f, err := Open("testdata/qwen")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range texts {
		if got := qwenWords(f.model.(*byteBPE).normal(c.Text)); !slices.Equal(got, c.Words) {
			t.Errorf("%q has the words %q, want %q", c.Text, got, c.Words)
		}
		if got := f.Encode(c.Text); !slices.Equal(got, c.IDs) {
			t.Errorf("%q: %v, want %v", c.Text, got, c.IDs)
		}
	}
	chat := f.Pieces("<|im_start|>user\nfox<|im_end|>")
	if chat[0].Text != "<|im_start|>" || chat[len(chat)-1].Text != "<|im_end|>" || f.Start != -1 || f.End != -1 || f.Max != longest {
		t.Errorf("%v, %+v", chat, f)
	}
}

// Another pre-tokenizer and a table without padding are refused with the reason.
func TestByteBPERefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/qwen/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile("testdata/qwen/tokenizer_config.json")
	if err != nil {
		t.Fatal(err)
	}
	for reason, files := range map[string]map[string]string{
		"pre_tokenizer": {"tokenizer.json": strings.Replace(string(whole), `\\p{N}|`, `\\p{N}{1,3}|`, 1), "tokenizer_config.json": string(config)},
		"padding":       {"tokenizer.json": string(whole), "tokenizer_config.json": `{"tokenizer_class":"Qwen2Tokenizer"}`},
	} {
		if _, err := Open(folder(t, files)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
