package models

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
)

// Verifier is the network in verifier/ that scores how well a picture shows a prompt, as exported CLIP models do, or as
// the weights of a CLIPModel. Its inputs are the states of the folder's text encoder, or token ids of the tokenizer
// next to it. Without that folder it is the image encoder in image_encoder/, whose embedding is compared with that of
// the folder's text encoder that has a projection.
type Verifier struct {
	Part
	Preprocessor []byte // preprocessor_config.json; nil: none
}

func (f *Folder) readVerifier() error {
	v, err := readVerifier(f.Dir, "verifier", "verifier")
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if v == nil {
		// Image encoders serve other purposes too: one that is no use here does not keep the model from opening.
		v, err = readVerifier(f.Dir, "image_encoder", "feature_extractor")
		if err != nil || v != nil && v.Weights != nil && !isCLIP(v.Config) {
			v = nil
		}
	}
	f.Verifier = v
	return nil
}

// isCLIP reports whether a config.json is that of a CLIP model, or of an image encoder with a projection.
func isCLIP(config []byte) bool {
	return strings.Contains(string(config), `"CLIPVisionModelWithProjection"`) || strings.Contains(string(config), `"CLIPModel"`)
}

// readVerifier reads a folder's network, and preprocessor_config.json from the folder that has it; nil: there is none.
func readVerifier(dir, name, preprocessor string) (*Verifier, error) {
	p, err := imagePart(dir, name)
	if err != nil || p.Path == "" {
		return nil, err
	}
	v := &Verifier{Part: p}
	if own := child(dir, name); tokenizerFiles(own) == "" {
		v.Tokenizer = own
	} else if p.Weights.Has("text_projection.weight") {
		v.Tokenizer = BundledTokenizer + "clip"
	}
	v.Preprocessor, err = readJSON(child(dir, preprocessor), "preprocessor_config.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Incomplete.Errorf("%s/preprocessor_config.json cannot be read: fetch it again: %w", preprocessor, err)
	}
	return v, nil
}

// imagePart is part for a CLIP model or its image encoder.
func imagePart(dir, name string) (Part, error) {
	in := child(dir, name)
	if path, err := network(in); err != nil || path != "" {
		return part(dir, name)
	}
	w, err := checkpoint.OpenCLIPFolder(in)
	if err != nil || w == nil {
		return Part{}, err
	}
	p := Part{Name: name, Path: in, Weights: w}
	p.Config, err = networkConfig(in)
	return p, err
}
