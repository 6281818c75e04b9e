package text

import (
	"context"
	"fmt"
	"strings"

	"nirvana/engine/tensor"
	"nirvana/engine/token"
)

// Row is the texts of one row of conditioning, for up to three encoders: one text a picture, or one for all.
type Row struct {
	First         []string
	Second, Third []string // nil: as for the first encoder
	Absent        bool     // there is no negative prompt at all, unlike an empty one
	Label         string   // prefix of the names passed to Watch
	// weighted is the first encoder's text parsed as prompt syntax, one a picture; nil: taken literally.
	weighted [][]token.Weighted
}

// Options are the other parameters of a Row's states.
type Options struct {
	Skip        int // clip skip: layers before the usual one
	MaxSequence int // tokens of T5's row; 0: the family's own
	WithoutT5   bool
	// Pictures give the run's picture and its references to language models that see them.
	Pictures []Seen
	// Watch receives the token ids by name; may be nil.
	Watch func(name string, t tensor.Tensor)
}

// sequence is the length of a row of tokens that has length where nothing is said.
func (o Options) sequence(length int) int {
	if o.MaxSequence > 0 {
		return o.MaxSequence
	}
	return length
}

func (o Options) watch(name string, ids []int) {
	if o.Watch != nil {
		o.Watch(name, IDs(ids))
	}
}

// Of is the text for an encoder (0 to 2) and a picture.
func (r Row) Of(encoder, picture int) string {
	switch {
	case encoder == 1 && r.Second != nil:
		return r.Second[picture%len(r.Second)]
	case encoder == 2 && r.Third != nil:
		return r.Third[picture%len(r.Third)]
	}
	if r.weighted != nil {
		return Plain(r.weighted[picture%len(r.weighted)])
	}
	return r.First[picture%len(r.First)]
}

// Blank reports whether no picture has a text.
func (r Row) Blank() bool {
	for _, text := range r.First {
		if text != "" {
			return false
		}
	}
	return true
}

// read is the text parsed as prompt syntax, where it was parsed and the encoder has no text of its own.
func (r Row) read(encoder, picture int) ([]token.Weighted, bool) {
	if r.weighted == nil || encoder == 1 && r.Second != nil {
		return nil, false
	}
	return r.weighted[picture%len(r.weighted)], true
}

// Prompt encodes one picture's text with one CLIP-like encoder, depth layers before the last. slot counts encoders as
// diffusers does: the only one of SDXL's refiner is the second.
func (e *Encoders) Prompt(ctx context.Context, o Options, r Row, slot, picture, depth int) (States, error) {
	which := min(slot, len(e.all)-1)
	name := r.Label + "token_ids"
	if slot > 0 {
		name = fmt.Sprintf("%s_%d", name, slot+1)
	}
	if text, ok := r.read(slot, picture); ok {
		return e.chunks(ctx, o, which, text, depth, name)
	}
	ids := e.all[which].ids(r.Of(slot, picture), 0)
	o.watch(name, ids)
	return e.States(ctx, which, ids, depth)
}

// Sequence encodes one picture's text with a T5-like encoder in a row of length tokens, or of Options.MaxSequence.
func (e *Encoders) Sequence(ctx context.Context, o Options, r Row, which, picture, length int) (States, error) {
	ids := e.all[which].ids(r.Of(which, picture), o.sequence(length))
	o.watch(fmt.Sprintf("%stoken_ids_%d", r.Label, which+1), ids)
	return e.States(ctx, which, ids, 0)
}

// Plain is weighted text without its weights, for encoders that ignore them.
func Plain(text []token.Weighted) string {
	var b strings.Builder
	for _, w := range text {
		if w.Break {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// chunks encodes weighted text in rows of the encoder's length, concatenated; pooled is the first row's.
func (e *Encoders) chunks(ctx context.Context, o Options, which int, text []token.Weighted, depth int, name string) (States, error) {
	f := e.all[which].tokens
	var out States
	for i, tokens := range token.Chunks(f, text, f.Room(f.Max)) {
		ids := make([]int, len(tokens))
		for k, t := range tokens {
			ids[k] = t.ID
		}
		o.watch(name, ids)
		s, err := e.States(ctx, which, ids, depth)
		if err != nil {
			return out, err
		}
		s.Hidden = emphasise(s.Hidden, tokens)
		if i == 0 {
			out = s
			continue
		}
		out.Hidden = tensor.ConcatRows(out.Hidden, s.Hidden)
	}
	if len(out.Hidden.Data) == 0 {
		return out, fmt.Errorf("the text gave no tokens")
	}
	return out, nil
}

// emphasise multiplies a token's states by its weight and restores their mean, as AUTOMATIC1111 does.
func emphasise(hidden tensor.Tensor, tokens []token.Token) tensor.Tensor {
	weighted := false
	for _, t := range tokens {
		weighted = weighted || t.Weight != 1
	}
	if !weighted {
		return hidden
	}
	out := hidden.Clone()
	width := hidden.Shape[2]
	for k, t := range tokens {
		for i := k * width; i < (k+1)*width; i++ {
			out.Data[i] *= t.Weight
		}
	}
	if before, after := mean(hidden.Data), mean(out.Data); after != 0 {
		f := float32(before / after)
		for i := range out.Data {
			out.Data[i] *= f
		}
	}
	return out
}

func mean(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x)
	}
	return s / float64(len(v))
}
