package models

import (
	"errors"
	"io/fs"

	"nirvana/engine/fault"
)

// Verifier is the network in verifier/ that scores how well a picture shows a prompt, as exported CLIP models do. Its
// inputs are the states of the folder's text encoder, or token ids of the tokenizer next to it.
type Verifier struct {
	Part
	Preprocessor []byte // preprocessor_config.json; nil: none
}

func (f *Folder) readVerifier() error {
	p, err := part(f.Dir, "verifier")
	if err != nil || p.Path == "" {
		return err
	}
	v := &Verifier{Part: p}
	if dir := child(f.Dir, "verifier"); tokenizerFiles(dir) == "" {
		v.Tokenizer = dir
	}
	v.Preprocessor, err = readJSON(child(f.Dir, "verifier"), "preprocessor_config.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Incomplete.Errorf("verifier/preprocessor_config.json of %s cannot be read: fetch it again: %w", f.Name, err)
	}
	f.Verifier = v
	return nil
}
