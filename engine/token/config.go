package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"

	"nirvana/engine/wholefile"
)

// name is a token in the JSON files: a text, or an object with its content.
type name string

func (n *name) UnmarshalJSON(data []byte) error {
	var text string
	var object struct{ Content string }
	if json.Unmarshal(data, &text) != nil {
		if err := json.Unmarshal(data, &object); err != nil {
			return err
		}
		text = object.Content
	}
	*n = name(text)
	return nil
}

// declared is one added token.
type declared struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	Lstrip     bool   `json:"lstrip"`
	Rstrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"` // looked for in the cleaned text
}

func (d declared) special() special {
	return special{text: d.Content, ids: []int{d.ID}, lstrip: d.Lstrip, rstrip: d.Rstrip, word: d.SingleWord}
}

// config is tokenizer_config.json merged with special_tokens_map.json.
type config struct {
	Class         string           `json:"tokenizer_class"`
	Max           float64          `json:"model_max_length"`
	Added         map[int]declared `json:"added_tokens_decoder"`
	DoLowerCase   *bool            `json:"do_lower_case"`
	ChineseChars  *bool            `json:"tokenize_chinese_chars"`
	StripAccents  *bool            `json:"strip_accents"`
	specialTokens                  // by role
}

type specialTokens struct {
	Start name `json:"bos_token"`
	End   name `json:"eos_token"`
	Unk   name `json:"unk_token"`
	Pad   name `json:"pad_token"`
	Cls   name `json:"cls_token"`
	Sep   name `json:"sep_token"`
	Mask  name `json:"mask_token"`
}

// readConfig reads the settings of a folder; all files are optional. Newer files declare every added token; in older
// ones special_tokens_map.json overrides, as in transformers.
func readConfig(dir string) (c config, err error) {
	if _, err = readJSON(dir, "tokenizer_config.json", &c); err != nil {
		return c, err
	}
	roles := c.specialTokens
	if _, err = readJSON(dir, "special_tokens_map.json", &roles); err != nil {
		return c, err
	}
	if c.Added == nil {
		c.specialTokens = roles
	}
	for id, d := range c.Added {
		d.ID = id
		c.Added[id] = d
	}
	var older map[string]int
	if _, err = readJSON(dir, "added_tokens.json", &older); err != nil {
		return c, err
	}
	for text, id := range older {
		if _, ok := c.Added[id]; !ok {
			c.Added = maps.Clone(c.Added)
			if c.Added == nil {
				c.Added = map[int]declared{}
			}
			c.Added[id] = declared{ID: id, Content: text}
		}
	}
	return c, nil
}

// length is the declared row length, or unset where there is none; a missing limit is written as 1e30.
func (c config) length(unset int) int {
	if c.Max >= 1 && c.Max <= 1<<20 {
		return int(c.Max)
	}
	return unset
}

// readJSON reads a file of the folder into v; found is false where there is none.
func readJSON(dir, file string, v any) (found bool, err error) {
	path := filepath.Join(dir, file)
	data, err := wholefile.ReadMost(path, mostFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the tokenizer: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return true, damaged(path, err)
	}
	return true, nil
}

// damaged is the error for a file that cannot be read.
func damaged(path string, err error) error {
	return fmt.Errorf("%s is damaged (%w): copy it again from where the model came from", path, err)
}
