// Package text encodes prompts: into the hidden states of the folder's text encoders, with the weights of
// AUTOMATIC1111's prompt syntax, and prompts that change with the steps.
package text

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
	"nirvana/engine/token"
)

// Part is a text encoder with its tokenizer's folder.
type Part struct {
	graph.Part
	Tokenizer string // path of the tokenizer's folder
	// Added are textual inversions' words whose vectors the graph has in its token table, in this order, from row
	// Rows on.
	Added []AddedToken
	Rows  int
}

// AddedToken is a textual inversion's word.
type AddedToken struct {
	Name    string
	Aliases []string // its other names
	Vectors int
}

// Encoders are a model's text encoders, in the folder's order. They are safe for concurrent use.
type Encoders struct {
	all []encoder
	// FinalNorm is set where the denoiser takes states after the final norm, wherever clip skip ends the encoder
	// (Stable Diffusion 1 and 2); else hidden states are taken without it.
	FinalNorm bool
	cache     cache
}

// encoder is a text encoder with its opened tokenizer.
type encoder struct {
	Part
	tokens *token.Folder
	// output positions by role; -1: the graph has none
	last, pooled int
	hidden       []int // hidden_states.0 .. N in order
}

// Open opens the tokenizers and finds the encoders' outputs.
func Open(parts []Part) (*Encoders, error) {
	e := &Encoders{}
	for _, p := range parts {
		one, err := newEncoder(p)
		if err != nil {
			return nil, err
		}
		e.all = append(e.all, one)
	}
	return e, nil
}

func newEncoder(p Part) (encoder, error) {
	folder, err := token.Open(p.Tokenizer)
	if err != nil {
		return encoder{}, err
	}
	if len(p.Added) > 0 {
		if folder.Size > p.Rows {
			return encoder{}, fmt.Errorf("%s knows %d tokens and its tokenizer %d: embeddings cannot be added", p.Name, p.Rows, folder.Size)
		}
		folder.Size = p.Rows
		for _, a := range p.Added {
			folder.AddToken(a.Name, a.Vectors, a.Aliases...)
		}
	}
	e := encoder{Part: p, tokens: folder, last: -1, pooled: -1}
	in, out := p.Graph.Ports()
	if graph.Find(in, "input_ids") == nil {
		return e, fault.Unknown.Errorf("%s has no input named input_ids: it is not a text encoder that this program knows", p.Name)
	}
	if n := e.exported(); n > 0 {
		folder.Max = n
	}
	e.findOutputs(out)
	if e.last < 0 && len(e.hidden) == 0 {
		return e, fault.Unknown.Errorf("%s has neither last_hidden_state nor hidden_states among its outputs: it is not a text encoder that this program knows", p.Name)
	}
	return e, nil
}

func (e *encoder) findOutputs(out []graph.Port) {
	type numbered struct{ n, at int }
	var hidden []numbered
	for i, o := range out {
		switch {
		case o.Name == "last_hidden_state":
			e.last = i
		case o.Name == "text_embeds":
			e.pooled = i
		case o.Name == "pooler_output" && e.pooled < 0:
			e.pooled = i
		case strings.HasPrefix(o.Name, "hidden_states."):
			if n, err := strconv.Atoi(strings.TrimPrefix(o.Name, "hidden_states.")); err == nil {
				hidden = append(hidden, numbered{n, i})
			}
		}
	}
	sort.Slice(hidden, func(a, b int) bool { return hidden[a].n < hidden[b].n })
	for _, h := range hidden {
		e.hidden = append(e.hidden, h.at)
	}
}

// layer selects hidden states; depth counts from the end, 0 being the last layer's normalised output.
func (e *encoder) layer(out []tensor.Tensor, depth int) (tensor.Tensor, error) {
	if depth == 0 {
		if e.last < 0 {
			return tensor.Tensor{}, fault.Unknown.Errorf("%s has no output last_hidden_state", e.Name)
		}
		return out[e.last], nil
	}
	i := len(e.hidden) - 1 - depth
	if i < 0 {
		return tensor.Tensor{}, fault.Settings.Errorf("%s gives no hidden states %d layers before the last: export it with hidden states, or set clip skip to 0", e.Name, depth)
	}
	return out[e.hidden[i]], nil
}

// exported is the number of tokens that the graph was exported for; 0 where it takes any.
func (e *encoder) exported() int {
	in, _ := e.Graph.Ports()
	return graph.FixedAxis(graph.Find(in, "input_ids"), 1)
}

// ids is a text's padded token ids; length 0 is the tokenizer's own. A graph that was exported for one length has that.
func (e *encoder) ids(text string, length int) []int {
	if length == 0 || e.exported() > 0 {
		length = e.tokens.Max
	}
	return e.tokens.Padded(text, length)
}

// Len is the number of encoders.
func (e *Encoders) Len() int { return len(e.all) }

// Lacks is the first of the folder names that no encoder has; "" where all are there.
func (e *Encoders) Lacks(names []string) string {
	for _, name := range names {
		if !slices.ContainsFunc(e.all, func(one encoder) bool { return one.Name == name }) {
			return name
		}
	}
	return ""
}

// Projected is the number of the encoder whose text embedding has a width, one that CLIP compares with an image's; -1:
// none.
func (e *Encoders) Projected(width int) int {
	return slices.IndexFunc(e.all, func(one encoder) bool {
		_, out := one.Graph.Ports()
		p := graph.Find(out, "text_embeds")
		return p != nil && width > 0 && graph.LastAxis(p) == width
	})
}

// Embedding is one encoder's text embedding of a text, [1, width].
func (e *Encoders) Embedding(ctx context.Context, which int, text string) (tensor.Tensor, error) {
	s, err := e.States(ctx, which, e.all[which].ids(text, 0), 0)
	return s.Pooled, err
}

// MaxTokens is the length of the first encoder's row without start and end tokens; 0 without encoders.
func (e *Encoders) MaxTokens() int {
	if len(e.all) == 0 {
		return 0
	}
	return max(1, e.all[0].tokens.Max-2)
}

// CanSkip reports whether the first encoder can skip its last layers (clip skip).
func (e *Encoders) CanSkip() bool {
	if len(e.all) == 0 {
		return false
	}
	if s, ok := e.all[0].Graph.(graph.Skipper); ok && e.FinalNorm {
		_, err := s.Skip(1)
		return err == nil
	}
	return len(e.all[0].hidden) > 2
}

// Encode is the token ids of a text for the first encoder, without start and end tokens.
func (e *Encoders) Encode(text string) []int {
	if len(e.all) == 0 {
		return nil
	}
	return e.all[0].tokens.Encode(text)
}

// UnknownEmbeddings are the embeddings that a prompt names as embedding:name and no encoder was opened with.
func (e *Encoders) UnknownEmbeddings(prompt string) []string {
	if len(e.all) == 0 {
		return nil
	}
	names := e.all[0].tokens.UnknownEmbeddings(prompt)
	for _, one := range e.all[1:] {
		also := one.tokens.UnknownEmbeddings(prompt)
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(also, n) })
	}
	return names
}

// Words are the words of one picture's text as the first encoder reads them, by the places of their tokens among its
// states; none where the states are not of that encoder's tokens.
func (e *Encoders) Words(r Row, picture int) []token.Word {
	if len(e.all) == 0 {
		return nil
	}
	f := e.all[0].tokens
	weighted, ok := r.read(0, picture)
	if !ok {
		return f.Words(e.all[0].ids(r.Of(0, picture), 0))
	}
	var all []token.Word
	from := 0
	for _, chunk := range token.Chunks(f, weighted, f.Room(f.Max)) {
		ids := make([]int, len(chunk))
		for i, t := range chunk {
			ids[i] = t.ID
		}
		for _, w := range f.Words(ids) {
			for i := range w.At {
				w.At[i] += from
			}
			all = append(all, w)
		}
		from += len(chunk)
	}
	return all
}
