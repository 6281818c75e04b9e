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

// The tokenizers that come with the program are those of Qwen2.5-VL and Qwen3 (app/conformance/record/qwentokens.py).
func TestBundledQwen(t *testing.T) {
	var ref struct {
		Texts []struct {
			Text  string
			IDs   []int
			Qwen3 []int // nil: the same
		}
	}
	readTest(t, "testdata/qwen/published.json", &ref)
	if len(ref.Texts) < 30 {
		t.Fatal(len(ref.Texts))
	}
	for _, name := range []string{"qwen2.5", "qwen3"} {
		f, err := Open(Bundled + name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Start != -1 || f.End != -1 || f.Pad != 151643 || f.Max != longest {
			t.Errorf("%s: %d, %d, padded with %d to %d", name, f.Start, f.End, f.Pad, f.Max)
		}
		for _, c := range ref.Texts {
			want := c.IDs
			if name == "qwen3" && c.Qwen3 != nil {
				want = c.Qwen3
			}
			if got := f.Encode(c.Text); !slices.Equal(got, want) {
				t.Errorf("%s: %+q is\n %v, want\n %v", name, c.Text, got, want)
			}
		}
	}
}

// The declared sizes are the tokenizers'.
func TestBundledSizes(t *testing.T) {
	for name, size := range bundledSizes {
		f, err := Open(Bundled + name)
		if err != nil || f.Size != size || BundledSize(Bundled+name) != size {
			t.Errorf("%s: %v, %d tokens, want %d", name, err, f.Size, size)
		}
	}
	if BundledSize("some/folder") != 0 {
		t.Error("a folder has a size")
	}
}
