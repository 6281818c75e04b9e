package token

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"nirvana/engine/wholefile"
)

// Kinds of pieces in a SentencePiece model.
const (
	pieceNormal  = 1
	pieceUnknown = 2
	pieceControl = 3
	pieceUser    = 4
	pieceByte    = 6
)

// sentencePiece is what is used of a spiece.model, SentencePiece's ModelProto.
type sentencePiece struct {
	pieces []spiece
	kind   uint64 // 1: unigram
	spaces spaceRules
}

type spiece struct {
	text  string
	score float32
	kind  uint64
}

// spaceRules is its normalisation: characters by a table, then spaces.
type spaceRules struct {
	table         *charsmap // nil: none
	prefix, strip bool      // begin with a space; drop spaces at the ends and doubled ones
}

// openSentencePiece opens a folder that has only a spiece.model, T5's first form.
func openSentencePiece(dir string, c config) (*Folder, error) {
	path := filepath.Join(dir, "spiece.model")
	data, err := wholefile.ReadMost(path, mostFile)
	if err != nil {
		return nil, fmt.Errorf("reading the tokenizer: %w", err)
	}
	s, err := parseSentencePiece(data)
	if err != nil {
		return nil, damaged(path, err)
	}
	if s.kind != 1 {
		return nil, fmt.Errorf("%s is not a unigram model, the only kind of SentencePiece that this program knows", path)
	}
	f, err := s.folder(c)
	if err != nil {
		return nil, damaged(path, err)
	}
	return f, nil
}

// folder has T5's special tokens unless the settings name others, and its hundred <extra_id_N> at the end.
func (s *sentencePiece) folder(c config) (*Folder, error) {
	m := &unigram{vocab: map[string]int{}, unknown: -1, normal: s.spaces.apply, words: func(t string) []string { return []string{t} }}
	names := map[string]int{}
	lowest := math.Inf(1)
	for id, p := range s.pieces {
		names[p.text] = id
		score := float64(p.score)
		m.scores = append(m.scores, score)
		switch p.kind {
		case pieceNormal, pieceUser:
			m.vocab[p.text] = id
			m.longest = max(m.longest, len(p.text))
			lowest = min(lowest, score)
		case pieceByte:
			m.vocab[p.text] = id
			m.bytes = true
		case pieceUnknown:
			m.unknown = id
		}
	}
	if m.unknown < 0 {
		return nil, errors.New("it has no piece for unknown characters")
	}
	m.missing = lowest - unknownPenalty
	for i := 0; i < 100 && len(c.Added) == 0; i++ {
		names[fmt.Sprintf("<extra_id_%d>", i)] = len(s.pieces) + 99 - i
	}
	for role, unset := range map[*name]name{&c.End: "</s>", &c.Pad: "<pad>", &c.Unk: "<unk>"} {
		if *role == "" {
			*role = unset
		}
	}
	f := &Folder{Kind: Unigram, Max: c.length(512), vocab: names, model: m, Unknown: m.unknown, Start: -1}
	if err := f.declare(c); err != nil {
		return nil, err
	}
	for text, id := range f.vocab {
		if id >= len(s.pieces) {
			f.cuts.add(special{text: text, ids: []int{id}})
		}
	}
	f.End, f.Pad = f.id(c.End), max(f.id(c.Pad), 0)
	f.cutRoles(c)
	return f, nil
}

// apply normalises as SentencePiece does, at every position by the longest entry of the table, and writes spaces as
// the letter that pieces have for them.
func (r spaceRules) apply(text string) string {
	var out strings.Builder
	for text != "" {
		s, n := "", 0
		if r.table != nil {
			s, n = r.table.longest(text)
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(text)
			s = strings.ToValidUTF8(text[:n], "\ufffd")
		}
		out.WriteString(s)
		text = text[n:]
	}
	text = out.String()
	if r.strip {
		text = strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c == ' ' }), " ")
	}
	if r.prefix && text != "" {
		text = " " + text
	}
	return strings.ReplaceAll(text, " ", "▁")
}

func parseSentencePiece(data []byte) (*sentencePiece, error) {
	s := &sentencePiece{kind: 1, spaces: spaceRules{prefix: true, strip: true}}
	err := fields(data, func(number protowire.Number, value uint64, raw []byte) error {
		switch number {
		case 1:
			p := spiece{kind: pieceNormal}
			err := fields(raw, func(number protowire.Number, value uint64, raw []byte) error {
				switch number {
				case 1:
					p.text = string(raw)
				case 2:
					p.score = math.Float32frombits(uint32(value))
				case 3:
					p.kind = value
				}
				return nil
			})
			s.pieces = append(s.pieces, p)
			return err
		case 2:
			return fields(raw, func(number protowire.Number, value uint64, _ []byte) error {
				if number == 3 {
					s.kind = value
				}
				return nil
			})
		case 3:
			return s.spaces.read(raw)
		}
		return nil
	})
	if err == nil && len(s.pieces) == 0 {
		err = errors.New("no pieces in it")
	}
	return s, err
}

func (r *spaceRules) read(data []byte) error {
	return fields(data, func(number protowire.Number, value uint64, raw []byte) (err error) {
		switch number {
		case 2:
			if len(raw) > 0 {
				r.table, err = newCharsmap(raw)
			}
		case 3:
			r.prefix = value != 0
		case 4:
			r.strip = value != 0
		}
		return err
	})
}

// fields calls field for every field of a protocol buffer, with its number or its bytes.
func fields(data []byte, field func(number protowire.Number, value uint64, raw []byte) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		var value uint64
		var raw []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(data)
			value = uint64(v)
		case protowire.BytesType:
			raw, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := field(number, value, raw); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
