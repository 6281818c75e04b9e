package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

// tokenizerJSON is the one-file form of tokenizers (huggingface/tokenizers).
type tokenizerJSON struct {
	Added        []declared `json:"added_tokens"`
	Normalizer   *step      `json:"normalizer"`
	Pretokenizer *step      `json:"pre_tokenizer"`
	Post         *template  `json:"post_processor"`
	Model        struct {
		Type         string          `json:"type"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       merges          `json:"merges"`
		Unknown      *string         `json:"unk_token"`
		UnknownID    *int            `json:"unk_id"`
		ByteFallback bool            `json:"byte_fallback"`
		Suffix       *string         `json:"end_of_word_suffix"`
		Prefix       *string         `json:"continuing_subword_prefix"`
		Longest      int             `json:"max_input_chars_per_word"`
	} `json:"model"`
}

// template is a post_processor: the tokens before and after a text.
type template struct {
	Type       string                         `json:"type"`
	Processors []template                     `json:"processors"`
	Single     []templatePart                 `json:"single"`
	Special    map[string]struct{ IDs []int } `json:"special_tokens"`
	Cls        *labelled                      `json:"cls"` // BertProcessing, RobertaProcessing
	Sep        *labelled                      `json:"sep"`
}

type templatePart struct {
	SpecialToken *struct{ ID string }
	Sequence     *struct{ ID string }
}

// labelled is ["[CLS]", 101].
type labelled struct{ id int }

func (l *labelled) UnmarshalJSON(data []byte) error {
	var both []json.RawMessage
	if err := json.Unmarshal(data, &both); err != nil {
		return err
	}
	if len(both) != 2 {
		return errors.New("a special token without its number")
	}
	return json.Unmarshal(both[1], &l.id)
}

// ends returns the ids around a text, -1 where there is none.
func (t *template) ends() (start, end int, err error) {
	start, end = -1, -1
	if t == nil {
		return start, end, nil
	}
	switch t.Type {
	case "BertProcessing", "RobertaProcessing":
		if t.Cls == nil || t.Sep == nil {
			return start, end, errors.New("its post_processor lacks cls or sep")
		}
		return t.Cls.id, t.Sep.id, nil
	case "Sequence":
		for i := range t.Processors {
			if s, e, err := t.Processors[i].ends(); err != nil || s >= 0 || e >= 0 {
				return s, e, err
			}
		}
	case "TemplateProcessing":
		return t.around()
	}
	return start, end, nil
}

func (t *template) around() (start, end int, err error) {
	side := &start
	start, end = -1, -1
	for _, p := range t.Single {
		switch {
		case p.Sequence != nil:
			side = &end
		case p.SpecialToken != nil:
			ids := t.Special[p.SpecialToken.ID].IDs
			if len(ids) != 1 || *side >= 0 {
				return -1, -1, errors.New("its post_processor puts several tokens around a text, which this program cannot")
			}
			*side = ids[0]
		}
	}
	return start, end, nil
}

func openJSON(dir string, c config) (*Folder, error) {
	path := filepath.Join(dir, "tokenizer.json")
	var j tokenizerJSON
	if _, err := readJSON(dir, "tokenizer.json", &j); err != nil {
		return nil, err
	}
	f, err := j.folder(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (j *tokenizerJSON) folder(c config) (*Folder, error) {
	added := map[int]declared{}
	for id, d := range c.Added {
		added[id] = d
	}
	for _, d := range j.Added {
		added[d.ID] = d
	}
	c.Added = added
	switch {
	case j.Model.Type == "WordPiece":
		return j.wordPiece(c)
	case j.Model.Type == "Unigram":
		return j.unigram(c)
	case j.Model.Type == "BPE" && j.Model.Suffix != nil && *j.Model.Suffix == endOfWord:
		return j.clip(c)
	case j.Model.Type == "BPE" && (j.Model.Suffix == nil || *j.Model.Suffix == ""):
		return j.byteLevel(c)
	case j.Model.Type == "":
		return nil, errors.New("it declares no model: copy it again from where the model came from")
	}
	return nil, fmt.Errorf("its model %s is not one this program knows: WordPiece, Unigram, CLIP's and Qwen's BPE are", j.Model.Type)
}

func (j *tokenizerJSON) vocab() (map[string]int, error) {
	var v map[string]int
	if err := json.Unmarshal(j.Model.Vocab, &v); err != nil {
		return nil, fmt.Errorf("its vocabulary: %w", err)
	}
	if err := checkVocab(v); err != nil {
		return nil, fmt.Errorf("its vocabulary is damaged (%w): copy it again from where the model came from", err)
	}
	return v, nil
}

func (j *tokenizerJSON) clip(c config) (*Folder, error) {
	vocab, err := j.vocab()
	if err != nil {
		return nil, err
	}
	m := &clip{vocab: vocab, ranks: ranksOf(j.Model.Merges), clean: cleanFast}
	f := &Folder{Kind: CLIP, Max: c.length(77), vocab: vocab, model: m}
	if err := f.finishCLIP(c, m); err != nil {
		return nil, err
	}
	for _, d := range j.Added {
		if d.Normalized {
			m.late.add(d.special())
		}
	}
	return f, nil
}

func (j *tokenizerJSON) wordPiece(c config) (*Folder, error) {
	vocab, err := j.vocab()
	if err != nil {
		return nil, err
	}
	if p := j.Pretokenizer; p != nil && p.Type != "BertPreTokenizer" {
		return nil, fmt.Errorf("its pre_tokenizer %s is not one this program knows for WordPiece: BertPreTokenizer is", p.Type)
	}
	m := &wordPiece{vocab: vocab, prefix: "##", longest: 100}
	if j.Model.Prefix != nil {
		m.prefix = *j.Model.Prefix
	}
	if j.Model.Longest > 0 {
		m.longest = j.Model.Longest
	}
	if j.Model.Unknown != nil {
		c.Unk = name(*j.Model.Unknown)
	}
	if m.normal, err = normalizer(j.Normalizer); err != nil {
		return nil, err
	}
	f := &Folder{Kind: WordPiece, Max: c.length(512), vocab: vocab, model: m}
	if err := f.finishBERT(c, m); err != nil {
		return nil, err
	}
	if f.Unknown < 0 {
		return nil, fmt.Errorf("its vocabulary lacks %s: copy it again from where the model came from", c.Unk)
	}
	return j.ends(f)
}

// ends sets the tokens around a text, and a padding where none is declared.
func (j *tokenizerJSON) ends(f *Folder) (*Folder, error) {
	var err error
	if f.Start, f.End, err = j.Post.ends(); err != nil {
		return nil, err
	}
	if max(f.Start, f.End) >= f.Size || min(f.Start, f.End) < -1 {
		return nil, errors.New("its post_processor names tokens that are not in its vocabulary: copy it again from where the model came from")
	}
	f.Pad = max(f.Pad, 0)
	return f, nil
}

func (j *tokenizerJSON) unigram(c config) (*Folder, error) {
	var list [][2]any
	if err := json.Unmarshal(j.Model.Vocab, &list); err != nil {
		return nil, fmt.Errorf("its vocabulary: %w", err)
	}
	m := &unigram{vocab: make(map[string]int, len(list)), unknown: -1, bytes: j.Model.ByteFallback}
	for id, entry := range list {
		piece, ok := entry[0].(string)
		score, isNumber := entry[1].(float64)
		if !ok || !isNumber {
			return nil, fmt.Errorf("entry %d of its vocabulary is not a piece and its score: copy it again from where the model came from", id)
		}
		if _, ok := m.vocab[piece]; !ok {
			m.vocab[piece] = id
		}
		m.scores = append(m.scores, score)
		m.longest = max(m.longest, len(piece))
		m.missing = min(m.missing, score-unknownPenalty)
	}
	if u := j.Model.UnknownID; u == nil || *u < 0 || *u >= len(list) {
		return nil, errors.New("it names no token for unknown characters: copy it again from where the model came from")
	}
	m.unknown = *j.Model.UnknownID
	return j.unigramFolder(c, m)
}

func (j *tokenizerJSON) unigramFolder(c config, m *unigram) (*Folder, error) {
	space, err := metaspaceOf(j.Pretokenizer)
	if err != nil {
		return nil, err
	}
	m.words = space.words
	if m.normal, err = normalizer(j.Normalizer); err != nil {
		return nil, err
	}
	f := &Folder{Kind: Unigram, Max: c.length(512), vocab: m.vocab, model: m, Unknown: m.unknown}
	if err := f.declare(c); err != nil {
		return nil, err
	}
	f.Pad = f.id(c.Pad)
	f.cutRoles(c)
	return j.ends(f)
}
