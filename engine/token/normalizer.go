package token

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// step is one normalizer or pre_tokenizer of a tokenizer.json; its type decides which fields are used.
type step struct {
	Type string `json:"type"`

	Normalizers   []step `json:"normalizers"`
	Pretokenizers []step `json:"pretokenizers"`
	Charsmap      []byte `json:"precompiled_charsmap"`

	StripLeft  *bool   `json:"strip_left"`
	StripRight *bool   `json:"strip_right"`
	Pattern    pattern `json:"pattern"`
	Content    string  `json:"content"`
	Prepend    string  `json:"prepend"`

	CleanText    *bool `json:"clean_text"`
	ChineseChars *bool `json:"handle_chinese_chars"`
	StripAccents *bool `json:"strip_accents"`
	Lowercase    *bool `json:"lowercase"`

	Replacement    string `json:"replacement"`
	PrependScheme  string `json:"prepend_scheme"`
	AddPrefixSpace *bool  `json:"add_prefix_space"` // before prepend_scheme
	Split          *bool  `json:"split"`
}

type pattern struct {
	String *string
	Regex  *string
}

func or(b *bool, unset bool) bool {
	if b == nil {
		return unset
	}
	return *b
}

// normalizer is the function of a declared normalizer. A null precompiled_charsmap (older files) changes nothing.
func normalizer(s *step) (func(string) string, error) {
	if s == nil {
		return func(t string) string { return t }, nil
	}
	switch s.Type {
	case "Sequence":
		return normalizers(s.Normalizers)
	case "Precompiled":
		if len(s.Charsmap) == 0 {
			return normalizer(nil)
		}
		c, err := newCharsmap(s.Charsmap)
		if err != nil {
			return nil, err
		}
		return c.apply, nil
	case "NFC":
		return norm.NFC.String, nil
	case "NFD":
		return norm.NFD.String, nil
	case "NFKC":
		return norm.NFKC.String, nil
	case "NFKD":
		return norm.NFKD.String, nil
	case "Lowercase":
		return func(t string) string { return lower(t, false) }, nil
	case "StripAccents":
		return stripMarks, nil
	case "Strip":
		return s.strip(), nil
	case "Replace":
		return s.replace()
	case "Prepend":
		return func(t string) string {
			if t == "" {
				return t
			}
			return s.Prepend + t
		}, nil
	case "BertNormalizer":
		l := or(s.Lowercase, true)
		return bertNormal{clean: or(s.CleanText, true), chinese: or(s.ChineseChars, true), lower: l, strip: or(s.StripAccents, l)}.apply, nil
	}
	return nil, fmt.Errorf("its normalizer %q is not one this program knows", s.Type)
}

func normalizers(all []step) (func(string) string, error) {
	var fs []func(string) string
	for i := range all {
		f, err := normalizer(&all[i])
		if err != nil {
			return nil, err
		}
		fs = append(fs, f)
	}
	return func(t string) string {
		for _, f := range fs {
			t = f(t)
		}
		return t
	}, nil
}

func stripMarks(t string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, t)
}

func (s *step) strip() func(string) string {
	return func(t string) string {
		if or(s.StripLeft, true) {
			t = strings.TrimLeftFunc(t, unicode.IsSpace)
		}
		if or(s.StripRight, true) {
			t = strings.TrimRightFunc(t, unicode.IsSpace)
		}
		return t
	}
}

func (s *step) replace() (func(string) string, error) {
	switch p := s.Pattern; {
	case p.String != nil:
		return func(t string) string { return strings.ReplaceAll(t, *p.String, s.Content) }, nil
	case p.Regex != nil:
		re, err := regexp.Compile(*p.Regex)
		if err != nil {
			return nil, fmt.Errorf("its normalizer's pattern %q: %w", *p.Regex, err)
		}
		return func(t string) string { return re.ReplaceAllLiteralString(t, s.Content) }, nil
	}
	return func(t string) string { return t }, nil
}

// metaspaceOf finds the pre_tokenizer of a Unigram model.
func metaspaceOf(s *step) (metaspace, error) {
	if s == nil {
		return metaspace{letter: "▁"}, nil
	}
	if s.Type == "Sequence" {
		fields := false
		for i := range s.Pretokenizers {
			switch p := &s.Pretokenizers[i]; p.Type {
			case "WhitespaceSplit":
				fields = true
			case "Metaspace":
				m, err := metaspaceOf(p)
				m.fields = fields
				return m, err
			}
		}
	}
	if s.Type != "Metaspace" {
		return metaspace{}, fmt.Errorf("its pre_tokenizer %q is not one this program knows for Unigram: Metaspace is", s.Type)
	}
	m := metaspace{letter: s.Replacement, prepend: or(s.AddPrefixSpace, true), split: or(s.Split, true)}
	if s.PrependScheme != "" {
		m.prepend = s.PrependScheme != "never"
	}
	if m.letter == "" {
		m.letter = "▁"
	}
	return m, nil
}

// merges reads both forms: "a b" and ["a", "b"].
type merges []pair

func (m *merges) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	for i, r := range raw {
		var two []string
		var one string
		if json.Unmarshal(r, &one) == nil {
			two = strings.Split(one, " ")
		} else if err := json.Unmarshal(r, &two); err != nil {
			return fmt.Errorf("merge %d: %w", i, err)
		}
		if len(two) != 2 {
			return fmt.Errorf("merge %d has %d parts instead of 2", i, len(two))
		}
		*m = append(*m, pair{two[0], two[1]})
	}
	return nil
}
