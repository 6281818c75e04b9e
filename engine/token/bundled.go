package token

import (
	"encoding/json"
	"fmt"

	"nirvana/assets/tokenizers"
)

// bundledPrefix begins the names of tokenizers that come with the program.
const bundledPrefix = "nirvana:"

// bundled opens one of them: CLIP's, padded with the end token as for Stable Diffusion 1 (clip) or with token 0 as
// for OpenCLIP's encoders (open_clip), or T5's (t5).
func bundled(name string) (*Folder, error) {
	switch name {
	case "clip":
		return bundledCLIP(clipEnd)
	case "open_clip":
		return bundledCLIP("!")
	case "t5":
		return bundledT5()
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
	var first, rest []string
	for b := range 256 {
		if r := byteSymbols[b]; r == rune(b) {
			first = append(first, string(r))
		} else {
			rest = append(rest, string(r))
		}
	}
	bytes := append(first, rest...)
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
