package engine

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"nirvana/engine/random"
	"nirvana/engine/tensor"
	"nirvana/engine/token"
)

// timeline is prompts in AUTOMATIC1111's syntax over the steps of a run.
type timeline struct {
	prompts   []token.Prompt // one a picture
	negatives []token.Prompt
	steps     int // evaluations that shares of the steps count
	fixed     bool
	base      texts
	against   texts
}

// row is one of the prompts that AND joins.
type row struct {
	texts
	weight float32
}

func newTimeline(r Request, steps int) *timeline {
	t := &timeline{steps: steps, fixed: true, base: r.positive(), against: r.negative()}
	dice := r.dice()
	read := func(texts []string, parse func(string) token.Prompt) (out []token.Prompt) {
		for _, text := range texts {
			p := parse(token.Draw(text, dice))
			out = append(out, p)
			t.fixed = t.fixed && p.Fixed()
		}
		return out
	}
	t.prompts, t.negatives = read(t.base.first, token.Parse), read(t.against.first, token.ParseNegative)
	return t
}

// promptSteps is how many evaluations shares of the steps are of: those of all steps, also where a
// picture's strength leaves some out, with two for samplers that evaluate twice, as AUTOMATIC1111 counts.
func (r *run) promptSteps() int {
	n := r.request.Steps
	return n * max(1, int(math.Round(float64(len(r.times))/float64(n))))
}

// promptStep is an evaluation's number; a refiner's go on from the base's.
func (r *run) promptStep(eval int) int {
	if r.request.Start > 0 {
		return eval
	}
	return eval - r.begin
}

// at is the rows at a step; every picture has as many as the first.
func (t *timeline) at(step int) []row {
	var rows []row
	for i, p := range t.prompts {
		parts := p.At(step, t.steps)
		if i == 0 {
			rows = make([]row, len(parts))
		}
		for k := range rows {
			part := parts[min(k, len(parts)-1)]
			if i == 0 {
				rows[k] = row{t.base, part.Weight}
				rows[k].weighted = nil
			}
			rows[k].weighted = append(rows[k].weighted, part.Text)
		}
	}
	return rows
}

// negative is the negative prompts at a step.
func (t *timeline) negative(step int) texts {
	out := t.against
	for _, p := range t.negatives {
		out.weighted = append(out.weighted, p.At(step, t.steps)[0].Text)
	}
	return out
}

// changes says whether the rows read otherwise than one step before.
func (t *timeline) changes(step int) bool {
	return !t.fixed && !(reflect.DeepEqual(t.at(step), t.at(step-1)) && reflect.DeepEqual(t.negative(step), t.negative(step-1)))
}

// dice draws for the request's wildcards, from its seed.
func (r Request) dice() func(n int) int { return random.NewTorch(r.Seed).Intn }

// Drawn is the request with what its seed draws of its wildcards in place of them; a run of it is the same.
func Drawn(r Request) Request {
	if !r.Syntax {
		return r
	}
	dice := r.dice()
	all := func(several []string, one string) ([]string, string) {
		if len(several) == 0 {
			return nil, token.Drawn(one, dice)
		}
		out := make([]string, len(several))
		for i, text := range several {
			out[i] = token.Drawn(text, dice)
		}
		return out, one
	}
	r.Prompts, r.Prompt = all(r.Prompts, r.Prompt)
	r.Negatives, r.Negative = all(r.Negatives, r.Negative)
	return r
}

// LoRAsIn lists the LoRAs that a prompt asks for by <lora:name:weight>. The error says what of the prompt cannot be
// meant as it is written.
func LoRAsIn(prompt string) ([]token.Lora, error) {
	p := token.Parse(prompt)
	return p.Loras, p.Err()
}

// UnknownEmbeddings are the embeddings that a prompt calls as embedding:name and that the model was not opened with.
func (m *Model) UnknownEmbeddings(prompt string) []string {
	if len(m.text) == 0 {
		return nil
	}
	names := m.text[0].tokens.UnknownEmbeddings(prompt)
	for _, e := range m.text[1:] {
		also := e.tokens.UnknownEmbeddings(prompt)
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(also, n) })
	}
	return names
}

// plainText is weighted text without its weights, for encoders that know none.
func plainText(text []token.Weighted) string {
	var b strings.Builder
	for _, w := range text {
		if w.Break {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// chunks encodes weighted text in rows of the encoder's length, one below the
// other; pooled is the first row's.
func (m *Model) chunks(ctx context.Context, r Request, which int, text []token.Weighted, depth int, name string) (textStates, error) {
	f := m.text[which].tokens
	var out textStates
	for i, tokens := range token.Chunks(f, text, f.Room(f.Max)) {
		ids := make([]int, len(tokens))
		for k, t := range tokens {
			ids[k] = t.ID
		}
		r.watch(name, idsTensor(ids))
		s, err := m.encode(ctx, which, ids, depth)
		if err != nil {
			return out, err
		}
		s.hidden = emphasise(s.hidden, tokens)
		if i == 0 {
			out = s
			continue
		}
		out.hidden = tensor.ConcatRows(out.hidden, s.hidden)
	}
	if len(out.hidden.Data) == 0 {
		return out, fmt.Errorf("the text gave no tokens")
	}
	return out, nil
}

// emphasise multiplies a token's states by its weight and brings the mean back
// to what it was, as AUTOMATIC1111 does. Without weights it is the states themselves.
func emphasise(hidden Tensor, tokens []token.Token) Tensor {
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
