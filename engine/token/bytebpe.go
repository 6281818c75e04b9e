package token

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// byteBPE is byte-level BPE without ends of words (Radford et al., 2019), as Qwen's language models have it.
type byteBPE struct {
	vocab  map[string]int
	ranks  map[pair]int
	normal func(string) string
}

func (b *byteBPE) Encode(text string) []int {
	var ids []int
	for _, w := range qwenWords(b.normal(text)) {
		parts := make([]string, len(w))
		for i := range len(w) {
			parts[i] = string(byteSymbols[w[i]])
		}
		for _, p := range mergedBy(b.ranks, parts) {
			if id, ok := b.vocab[p]; ok {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// qwenPattern is the pre-tokenizer of Qwen 2 and its successors.
const qwenPattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

// qwenWords splits a text as qwenPattern does; nothing is left out.
func qwenWords(text string) (words []string) {
	for text != "" {
		n := qwenWord(text)
		words, text = append(words, text[:n]), text[n:]
	}
	return words
}

// qwenWord is the length of the first match of the pattern's alternatives, in their order.
func qwenWord(text string) int {
	for _, c := range contractions {
		if n := foldedPrefix(text, c); n > 0 {
			return n
		}
	}
	first, size := utf8.DecodeRuneInString(text)
	letters := func(from int) int { return run(text[from:], unicode.IsLetter) }
	line := func(r rune) bool { return r == '\r' || r == '\n' }
	switch {
	case unicode.IsLetter(first):
		return letters(0)
	case !line(first) && !unicode.IsNumber(first) && letters(size) > 0:
		return size + letters(size)
	case unicode.IsNumber(first):
		return size
	}
	signs := func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	from := 0
	if first == ' ' {
		from = 1
	}
	if n := run(text[from:], signs); n > 0 {
		from += n
		return from + run(text[from:], line)
	}
	return spaces(text)
}

// spaces is the length of the white space that stands as one word: to the last line's end in it, or without the last
// blank before a word, or all.
func spaces(text string) int {
	n := run(text, unicode.IsSpace)
	if at := strings.LastIndexAny(text[:n], "\r\n"); at >= 0 {
		return at + 1
	}
	_, last := utf8.DecodeLastRuneInString(text[:n])
	if n < len(text) && n > last {
		return n - last
	}
	return n
}

// longest is how many ids of a text diffusers' pipelines take.
const longest = 512

// byteLevel opens a byte-level BPE of a tokenizer.json.
func (j *tokenizerJSON) byteLevel(c config) (*Folder, error) {
	if !j.Pretokenizer.isQwen() {
		return nil, errors.New("its pre_tokenizer is not one this program knows for byte-level BPE: Qwen's is")
	}
	vocab, err := j.vocab()
	if err != nil {
		return nil, err
	}
	m := &byteBPE{vocab: vocab, ranks: ranksOf(j.Model.Merges)}
	if m.normal, err = normalizer(j.Normalizer); err != nil {
		return nil, err
	}
	return byteBPEFolder(c, m)
}

func byteBPEFolder(c config, m *byteBPE) (*Folder, error) {
	f := &Folder{Kind: ByteBPE, Max: min(c.length(longest), longest), vocab: m.vocab, model: m, Start: -1, End: -1, Unknown: -1}
	if err := f.declare(c); err != nil {
		return nil, err
	}
	if f.Pad = f.id(c.Pad); f.Pad < 0 {
		return nil, fmt.Errorf("it names no token for padding (%q): copy tokenizer_config.json beside it from where the model came from", c.Pad)
	}
	return f, nil
}

// isQwen reports whether texts are split by qwenPattern and then into bytes.
func (s *step) isQwen() bool {
	if s == nil || s.Type != "Sequence" || len(s.Pretokenizers) != 2 {
		return false
	}
	split, bytes := s.Pretokenizers[0], s.Pretokenizers[1]
	return split.Type == "Split" && split.Pattern.Regex != nil && *split.Pattern.Regex == qwenPattern && bytes.Type == "ByteLevel" && !or(bytes.AddPrefixSpace, true)
}
