package token

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"nirvana/assets/tokenizers"
)

// Bundled begins the names of tokenizers that come with the program, in place of a folder's path: clip, open_clip, t5,
// qwen2.5 and qwen3 follow.
const Bundled = "nirvana:"

// bundledSizes are how many tokens they have.
var bundledSizes = map[string]int{"clip": 49408, "open_clip": 49408, "t5": 32100, "qwen2.5": 151665, "qwen3": 151669}

// BundledSize is how many tokens the tokenizer with a name, Bundled and what follows, has; 0 for others.
func BundledSize(name string) int { return bundledSizes[strings.TrimPrefix(name, Bundled)] }

// bundled opens one of them: CLIP's, padded with the end token as for Stable Diffusion 1 (clip) or with token 0 as
// for OpenCLIP's encoders (open_clip), T5's (t5), or Qwen's (qwen2.5, qwen3).
func bundled(name string) (*Folder, error) {
	switch name {
	case "clip":
		return bundledCLIP(clipEnd)
	case "open_clip":
		return bundledCLIP("!")
	case "t5":
		return bundledT5()
	case "qwen2.5":
		return bundledQwen(qwenAdded[:qwen2Added])
	case "qwen3":
		return bundledQwen(qwenAdded)
	}
	return nil, fmt.Errorf("no tokenizer %q comes with the program", name)
}

func bundledCLIP(pad name) (*Folder, error) {
	data, err := tokenizers.CLIPMerges()
	if err != nil {
		return nil, err
	}
	list, err := parseMerges(data)
	if err != nil {
		return nil, err
	}
	m := &clip{vocab: clipVocabulary(list), ranks: ranksOf(list), clean: cleanFull}
	f := &Folder{Kind: CLIP, Max: 77, vocab: m.vocab, model: m}
	c := config{Class: "CLIPTokenizer"}
	c.Pad = pad
	return f, f.finishCLIP(c, m)
}

// clipVocabulary numbers CLIP's tokens: the bytes, printable ones first, the bytes at a word's end, the merges, start and end.
func clipVocabulary(merges []pair) map[string]int {
	v := make(map[string]int, 2*256+len(merges)+2)
	add := func(s string) { v[s] = len(v) }
	bytes := byteAlphabet()
	for _, end := range []string{"", endOfWord} {
		for _, s := range bytes {
			add(s + end)
		}
	}
	for _, m := range merges {
		add(m.left + m.right)
	}
	add(clipStart)
	add(clipEnd)
	return v
}

// byteAlphabet is the symbols of the 256 bytes, those that stand for themselves first.
func byteAlphabet() []string {
	var first, rest []string
	for b := range 256 {
		if r := byteSymbols[b]; r == rune(b) {
			first = append(first, string(r))
		} else {
			rest = append(rest, string(r))
		}
	}
	return append(first, rest...)
}

func bundledT5() (*Folder, error) {
	data, err := tokenizers.T5()
	if err != nil {
		return nil, err
	}
	var j tokenizerJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	c := config{Class: "T5TokenizerFast", Max: 512}
	c.Pad, c.End, c.Unk = "<pad>", "</s>", "<unk>"
	return j.folder(c)
}

// qwenAdded are the tokens behind the merges' in Qwen3's tokenizer.json; Qwen2.5's has the first qwen2Added of them.
var qwenAdded = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
	"<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>",
	"<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"}

const qwen2Added = 22

func bundledQwen(added []string) (*Folder, error) {
	data, err := tokenizers.QwenMerges()
	if err != nil {
		return nil, err
	}
	list, err := parseMerges(data)
	if err != nil {
		return nil, err
	}
	vocab := make(map[string]int, 256+len(list))
	for _, s := range byteAlphabet() {
		vocab[s] = len(vocab)
	}
	for _, m := range list {
		vocab[m.left+m.right] = len(vocab)
	}
	c := config{Added: map[int]declared{}}
	for i, text := range added {
		id := len(vocab) + i
		c.Added[id] = declared{ID: id, Content: text}
	}
	c.Pad, c.End = name(added[0]), name(added[2])
	return byteBPEFolder(c, &byteBPE{vocab: vocab, ranks: ranksOf(list), normal: norm.NFC.String})
}
