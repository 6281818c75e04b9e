package token

import (
	"fmt"
	"path/filepath"
)

// Check reports what is wrong with a tokenizer folder's files: those that cannot be read, and those that were cut off where
// what is left can still be read. words is how many tokens the text encoder knows; 0: it does not say.
func Check(dir string, words int) error {
	f, err := Open(dir)
	if err != nil {
		return err
	}
	if f.Size < words/2 { // tables of words may be filled up to a round number
		return damaged(dir, fmt.Errorf("%d of %d tokens are there", f.Size, words))
	}
	m, ok := f.model.(*clip)
	if !ok {
		return nil
	}
	for p := range m.ranks {
		if _, ok := m.vocab[p.left+p.right]; !ok {
			return damaged(filepath.Join(dir, "merges.txt"), fmt.Errorf("%q and %q make no word of the vocabulary", p.left, p.right))
		}
	}
	if made := len(m.vocab) - 2*256; len(m.ranks) < made/2 {
		return damaged(filepath.Join(dir, "merges.txt"), fmt.Errorf("%d merges do not make %d words", len(m.ranks), made))
	}
	return nil
}
