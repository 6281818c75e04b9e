package token

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/wholefile"
)

// mostFile is the largest tokenizer file that is read, bytes; existing ones have up to 35 MB.
const mostFile = 256 << 20

// Open reads a tokenizer folder: CLIP's vocab.json and merges.txt, a tokenizer.json of CLIP, WordPiece or Unigram,
// BERT's vocab.txt, or T5's spiece.model. Where several are there, CLIP's pair comes first, then tokenizer.json, as
// in diffusers. Bundled names the tokenizers that come with the program. Errors name the file and what to do.
func Open(dir string) (*Folder, error) {
	if name, ok := strings.CutPrefix(dir, Bundled); ok {
		return bundled(name)
	}
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	has := func(file string) bool {
		info, err := os.Stat(filepath.Join(dir, file))
		return err == nil && !info.IsDir()
	}
	clipPair := strings.HasPrefix(c.Class, "CLIP") || c.Class == ""
	switch {
	case has("vocab.json") && has("merges.txt") && clipPair:
		return openCLIP(dir, c)
	case has("tokenizer.json"):
		return openJSON(dir, c)
	case has("vocab.txt"):
		return openBERT(dir, c)
	case has("vocab.json") && has("merges.txt"):
		return nil, fmt.Errorf("%s holds a tokenizer of the class %s, which this program does not know: CLIP's, BERT's and T5's work", dir, c.Class)
	case has("vocab.json"):
		return nil, fmt.Errorf("%s is missing: copy it from the tokenizer folder of the same model", filepath.Join(dir, "merges.txt"))
	case has("merges.txt"):
		return nil, fmt.Errorf("%s is missing: copy it from the tokenizer folder of the same model", filepath.Join(dir, "vocab.json"))
	case has("spiece.model"):
		return openSentencePiece(dir, c)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the tokenizer folder %s is missing: export or copy the model again", dir)
	}
	return nil, fmt.Errorf("%s holds no tokenizer: it needs vocab.json and merges.txt, or tokenizer.json, or vocab.txt, or spiece.model", dir)
}

func openCLIP(dir string, c config) (*Folder, error) {
	m := &clip{clean: cleanFull}
	path := filepath.Join(dir, "vocab.json")
	if _, err := readJSON(dir, "vocab.json", &m.vocab); err != nil {
		return nil, err
	}
	if err := checkVocab(m.vocab); err != nil {
		return nil, damaged(path, err)
	}
	path = filepath.Join(dir, "merges.txt")
	data, err := wholefile.ReadMost(path, mostFile)
	if err != nil {
		return nil, fmt.Errorf("reading the tokenizer: %w", err)
	}
	list, err := parseMerges(data)
	if err != nil {
		return nil, damaged(path, err)
	}
	m.ranks = ranksOf(list)
	f := &Folder{Kind: CLIP, Max: c.length(77), vocab: m.vocab, model: m}
	if err := f.finishCLIP(c, m); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return f, nil
}

// finishCLIP finds the special tokens; the defaults are OpenAI's.
func (f *Folder) finishCLIP(c config, m *clip) error {
	for _, r := range []struct {
		role  *name
		unset name
	}{{&c.Start, clipStart}, {&c.End, clipEnd}, {&c.Unk, clipEnd}, {&c.Pad, clipEnd}} {
		if *r.role == "" {
			*r.role = r.unset
		}
	}
	if err := f.declare(c); err != nil {
		return err
	}
	f.Start, f.End, f.Pad, f.Unknown = f.id(c.Start), f.id(c.End), f.id(c.Pad), f.id(c.Unk)
	if f.Start < 0 || f.End < 0 {
		return fmt.Errorf("its vocabulary lacks %s or %s: copy the tokenizer again from where the model came from", c.Start, c.End)
	}
	if f.Pad < 0 {
		f.Pad = f.End
	}
	if f.Unknown < 0 {
		f.Unknown = f.End
	}
	m.unknown = f.Unknown
	f.cutRoles(c)
	return nil
}

// mostIDs bounds a table's ids, far above any model's.
const mostIDs = 1 << 24

// checkVocab refuses an empty table, and ids that cannot be rows of a table.
func checkVocab(vocab map[string]int) error {
	if len(vocab) == 0 {
		return errors.New("no tokens in it")
	}
	for piece, id := range vocab {
		if id < 0 || id >= mostIDs {
			return fmt.Errorf("it gives %q the number %d", piece, id)
		}
	}
	return nil
}

// declare adds added tokens and counts the ids.
func (f *Folder) declare(c config) error {
	f.vocab = maps.Clone(f.vocab)
	for _, d := range c.Added {
		f.vocab[d.Content] = d.ID
		f.cuts.add(d.special())
	}
	for _, id := range f.vocab {
		f.Size = max(f.Size, id+1)
	}
	return checkVocab(f.vocab)
}

// cutRoles makes every token with a role a special: where the padding is "!", so is every "!", as in diffusers.
func (f *Folder) cutRoles(c config) {
	for _, r := range []name{c.Start, c.End, c.Unk, c.Pad, c.Cls, c.Sep, c.Mask} {
		if _, known := f.cuts.find(string(r)); !known && f.id(r) >= 0 {
			f.cuts.add(special{text: string(r), ids: []int{f.id(r)}})
		}
	}
}

// id is a token's id, or -1.
func (f *Folder) id(n name) int {
	if id, ok := f.vocab[string(n)]; ok && n != "" {
		return id
	}
	return -1
}

// parseMerges reads merges.txt: a pair a line; the first line may be a version.
func parseMerges(data []byte) ([]pair, error) {
	var list []pair
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" || n == 1 && strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("line %d is not two pieces", n)
		}
		list = append(list, pair{left, right})
	}
	return list, lines.Err()
}

func ranksOf(list []pair) map[pair]int {
	ranks := make(map[pair]int, len(list))
	for i, p := range list {
		if _, ok := ranks[p]; !ok {
			ranks[p] = i
		}
	}
	return ranks
}

func openBERT(dir string, c config) (*Folder, error) {
	path := filepath.Join(dir, "vocab.txt")
	data, err := wholefile.ReadMost(path, mostFile)
	if err != nil {
		return nil, fmt.Errorf("reading the tokenizer: %w", err)
	}
	vocab := map[string]int{}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		vocab[strings.TrimRight(line, "\r")] = i
	}
	l := or(c.DoLowerCase, true)
	n := bertNormal{clean: true, chinese: or(c.ChineseChars, true), lower: l, strip: or(c.StripAccents, l), assigned: true}
	m := &wordPiece{vocab: vocab, prefix: "##", longest: 100, normal: n.apply}
	f := &Folder{Kind: WordPiece, Max: c.length(512), vocab: vocab, model: m}
	if err := f.finishBERT(c, m); err != nil {
		return nil, damaged(path, err)
	}
	if slices.Contains([]int{f.Start, f.End, f.Pad, f.Unknown}, -1) {
		return nil, damaged(path, errors.New("it lacks one of [CLS], [SEP], [PAD], [UNK]"))
	}
	return f, nil
}

// finishBERT finds the special tokens; the defaults are BERT's.
func (f *Folder) finishBERT(c config, m *wordPiece) error {
	for role, unset := range map[*name]name{&c.Cls: "[CLS]", &c.Sep: "[SEP]", &c.Pad: "[PAD]", &c.Unk: "[UNK]", &c.Mask: "[MASK]"} {
		if *role == "" {
			*role = unset
		}
	}
	if err := f.declare(c); err != nil {
		return err
	}
	f.Start, f.End, f.Pad, f.Unknown = f.id(c.Cls), f.id(c.Sep), f.id(c.Pad), f.id(c.Unk)
	m.unknown = f.Unknown
	f.cutRoles(c)
	return nil
}
