package engine

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/token"
)

func newTextEncoder(p TextPart) (textEncoder, error) {
	folder, err := token.Open(p.Tokenizer)
	if err != nil {
		return textEncoder{}, err
	}
	if len(p.Added) > 0 {
		if folder.Size > p.Rows {
			return textEncoder{}, fmt.Errorf("%s knows %d tokens and its tokenizer %d: embeddings cannot be added", p.Name, p.Rows, folder.Size)
		}
		folder.Size = p.Rows
		for _, a := range p.Added {
			folder.AddToken(a.Name, a.Vectors, a.Aliases...)
		}
	}
	e := textEncoder{TextPart: p, tokens: folder, last: -1, pooled: -1}
	in, out := p.Graph.Ports()
	if graph.Find(in, "input_ids") == nil {
		return e, fault.Unknown.Errorf("%s has no input named input_ids: it is not a text encoder that this program knows", p.Name)
	}
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
	if e.last < 0 && len(e.hidden) == 0 {
		return e, fault.Unknown.Errorf("%s has neither last_hidden_state nor hidden_states among its outputs: it is not a text encoder that this program knows", p.Name)
	}
	return e, nil
}

// textStates is what one encoder makes of one text.
type textStates struct {
	hidden Tensor // [1, token, width]
	pooled Tensor // [1, width]; no data where the encoder gives none
}

// layer picks hidden states; depth counts from the end, 0 being the last
// layer's normalised output.
func (e *textEncoder) layer(out []Tensor, depth int) (Tensor, error) {
	if depth == 0 {
		if e.last < 0 {
			return Tensor{}, fault.Unknown.Errorf("%s has no output last_hidden_state", e.Name)
		}
		return out[e.last], nil
	}
	i := len(e.hidden) - 1 - depth
	if i < 0 {
		return Tensor{}, fault.Settings.Errorf("%s gives no hidden states %d layers before the last: export it with hidden states, or set clip skip to 0", e.Name, depth)
	}
	return out[e.hidden[i]], nil
}

// textCache keeps text states by encoder, tokens and layer, for the next run with the same prompt.
type textCache struct {
	sync.Mutex
	kept  map[string]textStates
	order []string
}

const cachedTexts = 64

func (c *textCache) get(key string) (textStates, bool) {
	c.Lock()
	defer c.Unlock()
	s, ok := c.kept[key]
	return s, ok
}

func (c *textCache) put(key string, s textStates) {
	c.Lock()
	defer c.Unlock()
	if c.kept == nil {
		c.kept = map[string]textStates{}
	}
	if _, ok := c.kept[key]; !ok {
		c.order = append(c.order, key)
	}
	c.kept[key] = s
	if len(c.order) > cachedTexts {
		delete(c.kept, c.order[0])
		c.order = c.order[1:]
	}
}

// Forget drops the text states that are kept between runs: the text encoders have changed.
func (m *Model) Forget() {
	m.cache.Lock()
	defer m.cache.Unlock()
	m.cache.kept, m.cache.order = nil, nil
}

// encode runs one encoder over one row of token ids.
func (m *Model) encode(ctx context.Context, which int, ids []int, depth int) (textStates, error) {
	key := fmt.Sprint(which, depth, ids)
	if s, ok := m.cache.get(key); ok {
		return s, nil
	}
	e := &m.text[which]
	in := Zeros(1, len(ids))
	for i, id := range ids {
		in.Data[i] = float32(id)
	}
	inputs := map[string]Tensor{"input_ids": in}
	if ports, _ := e.Graph.Ports(); graph.Find(ports, "attention_mask") != nil {
		inputs["attention_mask"] = attentionMask(ids, e.tokens.Pad)
	}
	g, depth, err := m.ending(e, depth)
	if err != nil {
		return textStates{}, err
	}
	out, err := graph.RunFinite(ctx, Part{Graph: g, Name: e.Name}, inputs)
	if err != nil {
		return textStates{}, fmt.Errorf("text encoder %s: %w", e.Name, err)
	}
	var s textStates
	if s.hidden, err = e.layer(out, depth); err != nil {
		return s, err
	}
	s.hidden = s.hidden.Clone()
	if e.pooled >= 0 {
		s.pooled = out[e.pooled].Clone()
	}
	m.cache.put(key, s)
	return s, nil
}

// canSkip says whether a clip skip is possible at all.
func (m *Model) canSkip() bool {
	if !m.net.needsText() || len(m.text) == 0 || m.net.kind == kindFlux {
		return false
	}
	if s, ok := m.text[0].Graph.(Skipper); ok && m.net.kind == kindPlain {
		_, err := s.Skip(1)
		return err == nil
	}
	return len(m.text[0].hidden) > 2
}

// ending is the network to ask for states so many layers before the last, and how many layers before its own
// last they are. Where the networks behind take normalised states (Stable Diffusion 1 and 2), the encoder ends early.
func (m *Model) ending(e *textEncoder, depth int) (Graph, int, error) {
	s, ok := e.Graph.(Skipper)
	if depth == 0 || m.net.kind != kindPlain || !ok {
		return e.Graph, depth, nil
	}
	g, err := s.Skip(depth)
	if err != nil {
		return nil, 0, fault.Settings.Errorf("clip skip %d: %w", depth, err)
	}
	return g, 0, nil
}

// attentionMask is 1 up to the last token that is not padding.
func attentionMask(ids []int, pad int) Tensor {
	mask := Zeros(1, len(ids))
	end := len(ids)
	for end > 0 && ids[end-1] == pad {
		end--
	}
	for i := 0; i < end; i++ {
		mask.Data[i] = 1
	}
	return mask
}

// row is the padded ids of a text for encoder which; length 0 is the tokenizer's own.
func (m *Model) row(which int, text string, length int) []int {
	f := m.text[which].tokens
	if length == 0 {
		length = f.Max
		in, _ := m.text[which].Graph.Ports()
		if n := graph.FixedAxis(graph.Find(in, "input_ids"), 1); n > 0 {
			length = n
		}
	}
	return f.Padded(text, length)
}
