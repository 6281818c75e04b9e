package program

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/models"
	"nirvana/models/safetensors"
)

// Separate files without a tokenizer beside them are read with the one that comes with the program: the picture is that
// with the same vocabulary as a tokenizer.json.
func TestCheckpointQwenTokens(t *testing.T) {
	for _, c := range []struct{ from, model, encoder, tokens string }{
		{recordedCheckpoints, "zimage-split/zimage", "qwen3.safetensors", "qwen3"},
		{recordedKlein, "klein-split/flux-2-klein", "qwen3.safetensors", "qwen3"},
		{recordedQwenImage, "qwenimage-split/qwenimage", "qwen_2.5_vl.safetensors", "qwen2.5"},
	} {
		base := filepath.Join(modelsOf(t, c.from), filepath.FromSlash(c.model))
		model, beside := base+".safetensors", filepath.Join(base, "tokenizer")
		grown(t, filepath.Join(filepath.Dir(base), "text_encoders", c.encoder), 151936)
		if err := os.RemoveAll(beside); err != nil {
			t.Fatal(err)
		}
		if f, err := models.ReadFile(model); err != nil || f.Text[0].Tokenizer != models.BundledTokenizer+c.tokens {
			t.Fatalf("%s: %v, %+v", c.model, err, f.Text)
		}
		bundled := painted(t, model)
		qwenJSON(t, beside)
		if f, err := models.ReadFile(model); err != nil || f.Text[0].Tokenizer != beside {
			t.Fatalf("%s: %v, %+v", c.model, err, f.Text)
		}
		if !slices.Equal(painted(t, model), bundled) {
			t.Errorf("%s: the tokenizer that comes with the program makes another picture than its tokenizer.json", c.model)
		}
		if slices.Equal(painted(t, model, "--prompt", "a blue fox"), bundled) {
			t.Errorf("%s: another prompt changes nothing", c.model)
		}
	}
}

// grown gives the table of tokens in a file as many rows as the published models have, each unlike the next.
func grown(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	table, data := map[string]any{}, []byte{}
	for _, name := range f.Names() {
		x := f.Tensors[name]
		v, err := x.Floats()
		if err != nil {
			t.Fatal(err)
		}
		shape := slices.Clone(x.Shape)
		if strings.HasSuffix(name, "embed_tokens.weight") {
			small, width := v, shape[1]
			v, shape[0] = make([]float32, rows*width), rows
			for i := range v {
				v[i] = small[(i*7919+i/width)%len(small)]
			}
		}
		raw := encoded(v, "F32")
		table[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{len(data), len(data) + len(raw)}}
		data = append(data, raw...)
	}
	head, err := json.Marshal(table)
	if err == nil {
		err = os.WriteFile(path, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// qwenJSON writes Qwen3's tokenizer.json into a folder, of the merges that the program has.
func qwenJSON(t *testing.T, dir string) {
	t.Helper()
	file, err := os.Open("assets/tokenizers/qwen.merges.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	vocab := map[string]int{}
	for _, span := range [][2]rune{{'!', '~'}, {0xa1, 0xac}, {0xae, 0xff}, {256, 256 + 67}} {
		for r := span[0]; r <= span[1]; r++ {
			vocab[string(r)] = len(vocab)
		}
	}
	merges := strings.Fields(strings.ReplaceAll(string(data), " ", "\x00"))
	for i, m := range merges {
		merges[i] = strings.ReplaceAll(m, "\x00", " ")
		vocab[strings.ReplaceAll(m, "\x00", "")] = len(vocab)
	}
	var added []map[string]any
	for i, text := range map[int]string{0: "<|endoftext|>", 1: "<|im_start|>", 2: "<|im_end|>", 24: "<think>", 25: "</think>"} {
		added = append(added, map[string]any{"id": 151643 + i, "content": text})
	}
	whole := map[string]any{
		"added_tokens": added, "normalizer": map[string]any{"type": "NFC"},
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "Split", "behavior": "Isolated", "pattern": map[string]any{"Regex": `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`}},
			map[string]any{"type": "ByteLevel", "add_prefix_space": false}}},
		"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": merges},
	}
	for name, v := range map[string]any{"tokenizer.json": whole, "tokenizer_config.json": map[string]any{"tokenizer_class": "Qwen2Tokenizer", "pad_token": "<|endoftext|>"}} {
		raw, err := json.Marshal(v)
		if err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
