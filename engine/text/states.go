package text

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// States are a text encoder's outputs for one text.
type States struct {
	Hidden tensor.Tensor // [1, token, width]
	Pooled tensor.Tensor // [1, width]; no data where the encoder has no such output
}

// cache keeps states by encoder, tokens and layer, for the next run with the same prompt.
type cache struct {
	sync.Mutex
	kept    map[string]States
	order   []string
	numbers int
}

// cached and cachedNumbers bound the cache: about 20 MB of SDXL's states, and 128 MB of any.
const (
	cached        = 64
	cachedNumbers = 32 << 20
)

func (s States) numbers() int { return len(s.Hidden.Data) + len(s.Pooled.Data) }

func (c *cache) get(key string) (States, bool) {
	c.Lock()
	defer c.Unlock()
	s, ok := c.kept[key]
	return s, ok
}

func (c *cache) put(key string, s States) {
	c.Lock()
	defer c.Unlock()
	if c.kept == nil {
		c.kept = map[string]States{}
	}
	if _, ok := c.kept[key]; !ok {
		c.order = append(c.order, key)
	}
	c.numbers += s.numbers() - c.kept[key].numbers()
	c.kept[key] = s
	for len(c.order) > cached || len(c.order) > 1 && c.numbers > cachedNumbers {
		c.numbers -= c.kept[c.order[0]].numbers()
		delete(c.kept, c.order[0])
		c.order = c.order[1:]
	}
}

// Forget drops the cached states; call it when the encoders have changed.
func (e *Encoders) Forget() {
	e.cache.Lock()
	defer e.cache.Unlock()
	e.cache.kept, e.cache.order, e.cache.numbers = nil, nil, 0
}

// States runs one encoder on one row of token ids; depth is layers before the last, 0 the last one's normalised
// output.
func (e *Encoders) States(ctx context.Context, which int, ids []int, depth int) (States, error) {
	return e.states(ctx, which, ids, further{}, depth)
}

// further are an encoder's inputs besides the token ids; key tells them from others.
type further struct {
	inputs map[string]tensor.Tensor
	key    string
}

// states are those of one or several depths, beside each other.
func (e *Encoders) states(ctx context.Context, which int, ids []int, more further, depths ...int) (States, error) {
	key := fmt.Sprint(which, depths, ids, more.key)
	if s, ok := e.cache.get(key); ok {
		return s, nil
	}
	one := &e.all[which]
	inputs := map[string]tensor.Tensor{"input_ids": IDs(ids)}
	maps.Copy(inputs, more.inputs)
	if ports, _ := one.Graph.Ports(); graph.Find(ports, "attention_mask") != nil {
		inputs["attention_mask"] = AttentionMask(ids, one.tokens.Pad)
	}
	g, first, err := e.ending(one, depths[0])
	if err != nil {
		return States{}, err
	}
	out, err := graph.RunFinite(ctx, graph.Part{Graph: g, Name: one.Name}, inputs)
	if err != nil {
		return States{}, fmt.Errorf("text encoder %s: %w", one.Name, err)
	}
	var s States
	for _, depth := range append([]int{first}, depths[1:]...) {
		layer, err := one.layer(out, depth)
		if err != nil {
			return s, err
		}
		s.Hidden = tensor.ConcatLast(s.Hidden, layer)
	}
	s.Hidden = s.Hidden.Clone()
	if one.pooled >= 0 {
		s.Pooled = out[one.pooled].Clone()
	}
	e.cache.put(key, s)
	return s, nil
}

// ending is the network for states depth layers before the last, and how many layers before its own last they are:
// with FinalNorm the encoder ends early.
func (e *Encoders) ending(one *encoder, depth int) (graph.Graph, int, error) {
	s, ok := one.Graph.(graph.Skipper)
	if depth == 0 || !e.FinalNorm || !ok {
		return one.Graph, depth, nil
	}
	g, err := s.Skip(depth)
	if err != nil {
		return nil, 0, fault.Settings.Errorf("clip skip %d: %w", depth, err)
	}
	return g, 0, nil
}

// AttentionMask is 1 up to the last token that is not padding, [1, token].
func AttentionMask(ids []int, pad int) tensor.Tensor {
	mask := tensor.Zeros(1, len(ids))
	end := len(ids)
	for end > 0 && ids[end-1] == pad {
		end--
	}
	for i := 0; i < end; i++ {
		mask.Data[i] = 1
	}
	return mask
}

// IDs are token ids as a network takes them, [1, token].
func IDs(ids []int) tensor.Tensor {
	t := tensor.Zeros(1, len(ids))
	for i, id := range ids {
		t.Data[i] = float32(id)
	}
	return t
}
