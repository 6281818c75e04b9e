// Package tokenizers holds the vocabularies of CLIP, T5 and Qwen, for checkpoints, which contain only weights. LICENCES.md
// has their sources.
package tokenizers

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
)

//go:embed clip.merges.gz
var clipMerges []byte

//go:embed t5.json.gz
var t5 []byte

//go:embed qwen.merges.gz
var qwenMerges []byte

// CLIPMerges is CLIP's list of merges, a pair a line, the first one first.
func CLIPMerges() ([]byte, error) { return unpack(clipMerges) }

// T5 is T5's tokenizer.json.
func T5() ([]byte, error) { return unpack(t5) }

// QwenMerges is the list of merges of Qwen 2, 2.5 and 3, a pair a line, the first one first.
func QwenMerges() ([]byte, error) { return unpack(qwenMerges) }

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
