package token

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrors: what is wrong with a folder is said in one line with the file and what to do.
func TestErrors(t *testing.T) {
	vocab := `{"a</w>": 0, "<|startoftext|>": 1, "<|endoftext|>": 2}`
	for _, c := range []struct {
		name  string
		files map[string]string
		says  []string
	}{
		{"nothing", nil, []string{"holds no tokenizer", "vocab.json and merges.txt"}},
		{"no merges", map[string]string{"vocab.json": vocab}, []string{"merges.txt is missing", "copy it"}},
		{"no vocab", map[string]string{"merges.txt": "a b\n"}, []string{"vocab.json is missing", "copy it"}},
		{"cut vocab", map[string]string{"vocab.json": vocab[:20], "merges.txt": ""}, []string{"vocab.json is damaged", "copy it again"}},
		{"empty vocab", map[string]string{"vocab.json": "{}", "merges.txt": ""}, []string{"vocab.json is damaged", "no tokens"}},
		{"negative id", map[string]string{"vocab.json": `{"a": -1}`, "merges.txt": ""}, []string{"vocab.json is damaged", "-1"}},
		{"bad merge", map[string]string{"vocab.json": vocab, "merges.txt": "#version: 0.2\na b\nabc\n"}, []string{"merges.txt is damaged", "line 3"}},
		{"no specials", map[string]string{"vocab.json": `{"a": 0}`, "merges.txt": ""}, []string{"<|startoftext|>"}},
		{"cut config", map[string]string{"vocab.json": vocab, "merges.txt": "", "tokenizer_config.json": `{"model`}, []string{"tokenizer_config.json is damaged"}},
		{"other class", map[string]string{"vocab.json": vocab, "merges.txt": "", "tokenizer_config.json": `{"tokenizer_class": "GPT2Tokenizer"}`}, []string{"GPT2Tokenizer"}},
		{"cut tokenizer.json", map[string]string{"tokenizer.json": `{"model": {"type": "Uni`}, []string{"tokenizer.json is damaged"}},
		{"no model", map[string]string{"tokenizer.json": `{}`}, []string{"tokenizer.json", "no model"}},
		{"other model", map[string]string{"tokenizer.json": `{"model": {"type": "BPE", "vocab": {}, "merges": []}}`}, []string{"tokenizer.json", "BPE"}},
		{"other normalizer", map[string]string{"tokenizer.json": `{"normalizer": {"type": "Mist"}, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0]]}}`}, []string{"tokenizer.json", "Mist"}},
		{"no unknown", map[string]string{"tokenizer.json": `{"model": {"type": "Unigram", "vocab": [["a", 0]]}}`}, []string{"tokenizer.json", "unknown"}},
		{"bad entry", map[string]string{"tokenizer.json": `{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", "b"]]}}`}, []string{"tokenizer.json", "entry 0"}},
		{"bad charsmap", map[string]string{"tokenizer.json": `{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0]]}}`}, []string{"tokenizer.json", "replacements"}},
		{"bert without specials", map[string]string{"vocab.txt": "a\nb\n"}, []string{"vocab.txt", "[CLS]"}},
		{"cut spiece", map[string]string{"spiece.model": "\x0a\x20a"}, []string{"spiece.model is damaged"}},
	} {
		_, err := Open(folder(t, c.files))
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, s := range append(c.says, "") {
			if !strings.Contains(err.Error(), s) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q does not say %q", c.name, err, s)
			}
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "gone")); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// use does with a folder what programs do; nothing may panic, and no id may lie outside of the table.
func use(t *testing.T, f *Folder, text string) {
	for _, id := range f.Padded(text, 77) {
		if id < 0 || id >= f.Size {
			t.Fatalf("id %d of a table of %d", id, f.Size)
		}
	}
	f.Pieces(text)
	Chunks(f, Parse(text).At(3, 10)[0].Text, 20)
}

const sample = "A café, <|endoftext|> it's 42 猫 🦊!"

// FuzzCLIP reads damaged vocabularies, merges and settings.
func FuzzCLIP(f *testing.F) {
	f.Add(`{"a":0,"b":1,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}`, "#version: 0.2\na b\n", `{"pad_token":"a","model_max_length":9}`)
	f.Add(`{"<|startoftext|>":0,"<|endoftext|>":0}`, "a b c", `{"pad_token":{"content":"!"},"added_tokens_decoder":{"9":{"content":"x","single_word":true,"lstrip":true,"rstrip":true}}}`)
	f.Add(`{`, "", `{"added_tokens_decoder":{"-9":{"content":"x"}},"model_max_length":1e30}`)
	f.Fuzz(func(t *testing.T, vocab, merges, config string) {
		tok, err := Open(folder(t, map[string]string{"vocab.json": vocab, "merges.txt": merges, "tokenizer_config.json": config}))
		if err == nil {
			use(t, tok, sample)
		}
	})
}

// FuzzTokenizerJSON reads damaged tokenizer.json files.
func FuzzTokenizerJSON(f *testing.F) {
	bert, err := os.ReadFile("testdata/bert/tokenizer.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(bert))
	f.Add(`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Strip"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"},{"type":"Prepend","prepend":"_"},{"type":"StripAccents"},{"type":"Lowercase"}]},
		"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"_","add_prefix_space":true}]},
		"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"e"}}],"special_tokens":{"e":{"ids":[1]}}},
		"added_tokens":[{"id":3,"content":"<x>"}],
		"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["?",0],["a",-1],["_a",-2],["<0x34>",-9]]}}`)
	f.Add(`{"model":{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"<|startoftext|>":0,"<|endoftext|>":1},"merges":["a b",["c","d"]]}}`)
	f.Add(`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAA="},"model":{"type":"Unigram","unk_id":0,"vocab":[["",0]]}}`)
	f.Add(`{"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0}},"post_processor":{"type":"BertProcessing","cls":["u",0],"sep":["u"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		tok, err := Open(folder(t, map[string]string{"tokenizer.json": text}))
		if err == nil {
			use(t, tok, sample)
		}
	})
}

// FuzzCharsmap looks characters up in damaged tables.
func FuzzCharsmap(f *testing.F) {
	f.Add([]byte{4, 0, 0, 0, 0, 0, 0, 0, 0}, "abc")
	f.Add([]byte{8, 0, 0, 0, 0, 4, 0, 0, 97, 1, 0, 0, 'x', 0}, "a\u0301\r\n")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		if c, err := newCharsmap(raw); err == nil {
			c.apply(text)
		}
	})
}

// FuzzBERT reads damaged vocab.txt files.
func FuzzBERT(f *testing.F) {
	f.Add("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n", "ab ba")
	f.Fuzz(func(t *testing.T, vocab, text string) {
		if tok, err := Open(folder(t, map[string]string{"vocab.txt": vocab})); err == nil {
			use(t, tok, text)
		}
	})
}

// FuzzPrompt reads any text as a prompt.
func FuzzPrompt(f *testing.F) {
	tok := open(f, "clip")
	tok.AddToken("<m>", 90)
	for _, s := range []string{sample, "[a:b:0.5] ((c)) [d|e] AND f:0.3 BREAK <lora:x:0.5>", "[[[[", "))((", `\`, `\[a\:`, "[a:1e309]",
		"[|]", "[::]", "[:::1]", "(:1)", "{a|{b|c}}", "<m>,<m>,<m>", "(a:-.) [b:.5", "&#xZZ; \xff\xfe Ã\xa9"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, text string, step int) {
		step, steps := step&63, 20
		text = Draw(text, func(n int) int { return step % n })
		for _, p := range append(Parse(text).At(step, steps), ParseNegative(text).At(step, steps)...) {
			if len(p.Text) == 0 {
				t.Fatal("a part without text")
			}
			for _, row := range Chunks(tok, p.Text, 75) {
				if len(row) != 77 {
					t.Fatalf("a row of %d", len(row))
				}
			}
		}
		use(t, tok, text)
	})
}
