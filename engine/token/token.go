// Package token turns prompts into token ids for text encoders.
//
// Open reads a model's tokenizer folder, of whatever kind, and returns a Folder; its Padded makes the row of ids for
// one text as diffusers' pipelines do. Prompts with attention syntax go through Parse, then Prompt.At for the present
// step, then Chunks, which returns ids with weights in rows of the encoder's length. A prompt without syntax gives
// the same ids either way.
package token

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Tokenizer turns text into ids, without start, end or padding.
type Tokenizer interface {
	Encode(text string) []int
}

// Kinds of tokenizers that Open reads.
const (
	CLIP      = "CLIP"      // byte-level BPE (Radford et al., 2021)
	WordPiece = "WordPiece" // BERT (Devlin et al., 2018)
	Unigram   = "Unigram"   // T5's SentencePiece (Kudo, 2018)
	ByteBPE   = "ByteBPE"   // Qwen's byte-level BPE, whose words are not marked at their ends
)

// Folder is a model's tokenizer with the settings that make a row of ids. It is safe for concurrent use as long as
// nobody calls AddToken.
type Folder struct {
	Kind    string
	Start   int // before every text; -1: none
	End     int // after every text; -1: none
	Pad     int
	Unknown int // for text that the table cannot spell; -1: none
	Max     int // ids in a row, including start and end (model_max_length)
	Size    int // number of ids, including AddToken's: rows of the encoder's table

	model Tokenizer
	vocab map[string]int // pieces as the folder writes them
	own   int            // Size before AddToken's first; 0: nothing was added
	cuts  cutter
}

// Encode returns the ids of a text without start, end or padding.
func (f *Folder) Encode(text string) []int {
	var ids []int
	for _, s := range f.cuts.split(text) {
		if s.ids != nil {
			ids = append(ids, s.ids...)
		} else {
			ids = append(ids, f.model.Encode(s.text)...)
		}
	}
	return ids
}

// Padded returns a row of exactly length ids: start, the text's ids as far as there is room, end, and padding.
func (f *Folder) Padded(text string, length int) []int {
	return f.row(f.Encode(text), length)
}

// Room is how many of a text's ids fit into a row of length ids.
func (f *Folder) Room(length int) int {
	for _, id := range []int{f.Start, f.End} {
		if id >= 0 {
			length--
		}
	}
	return max(length, 0)
}

func (f *Folder) row(ids []int, length int) []int {
	row := make([]int, 0, length+2)
	if f.Start >= 0 {
		row = append(row, f.Start)
	}
	row = append(row, ids[:min(len(ids), f.Room(length))]...)
	if f.End >= 0 {
		row = append(row, f.End)
	}
	for len(row) < length {
		row = append(row, f.Pad)
	}
	return row[:length]
}

// Piece is one token, to be shown.
type Piece struct {
	ID   int
	Text string // as the folder's table writes it
}

// Pieces returns a text's tokens with their names in the table.
func (f *Folder) Pieces(text string) []Piece { return f.Named(f.Encode(text)) }

// Named returns ids with their names in the table.
func (f *Folder) Named(ids []int) []Piece {
	names := make(map[int]string, len(f.vocab))
	for piece, id := range f.vocab {
		if old, ok := names[id]; !ok || piece < old {
			names[id] = piece
		}
	}
	var out []Piece
	for _, id := range ids {
		name, ok := names[id]
		if !ok {
			name = fmt.Sprintf("<%d>", id)
		}
		out = append(out, Piece{id, name})
	}
	return out
}

// AddToken adds a name for the next ids after the table, one for each vector of a textual inversion, and returns the
// first. The name is found in texts before lower-casing, in any case, where no longer word continues it, the longest
// name first; "name_1" and so on are the later vectors alone. Aliases are further names of the whole.
func (f *Folder) AddToken(name string, vectors int, aliases ...string) int {
	first := f.Size
	if f.own == 0 {
		f.own = first
	}
	var ids []int
	for i := range vectors {
		part := name
		if i > 0 {
			part = name + "_" + strconv.Itoa(i)
			f.cuts.add(special{text: part, ids: []int{first + i}, name: true})
		}
		f.vocab[part] = first + i
		ids = append(ids, first+i)
	}
	f.Size += vectors
	for _, n := range append([]string{name}, aliases...) {
		f.cuts.add(special{text: n, ids: slices.Clip(ids), name: true})
	}
	return first
}

var embeddingCall = regexp.MustCompile(`(?i)\bembedding:([^\s,:()\[\]{}|<>]+)`)

// UnknownEmbeddings are the names that a text uses as embedding:name, as ComfyUI does, and AddToken was not called
// with.
func (f *Folder) UnknownEmbeddings(text string) (names []string) {
	for _, m := range embeddingCall.FindAllStringSubmatchIndex(text, -1) {
		if _, n := f.cuts.at(text, m[0]); n == 0 {
			names = append(names, text[m[2]:m[3]])
		}
	}
	return names
}
