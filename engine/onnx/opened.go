package onnx

import (
	"bytes"
	"os"
	"slices"
	"sync"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
)

// opened are the sessions of one graph, with values kept between calls.
type opened struct {
	layout
	sessions map[string]*ort.DynamicAdvancedSession
	copy     string // folder of weights that only these sessions use; "": none

	mu      sync.Mutex // guards what follows
	prompts []*told    // the last ones, newest first
	inner   map[string]ort.Value
}

// told is the prompt network's outputs for text states.
type told struct {
	states engine.Tensor
	values []ort.Value
	users  int
	old    bool // the last user frees it
}

// rememberedPrompts is enough for a prompt and its negative, of one picture and of a batch.
const rememberedPrompts = 4

// runPart runs one network on named values.
func (o *opened) runPart(part string, fed map[string]ort.Value, out []ort.Value, r *ort.RunOptions) error {
	in := make([]ort.Value, len(o.Parts[part].In))
	for i, name := range o.Parts[part].In {
		in[i] = fed[name]
	}
	return o.sessions[part].RunWithOptions(in, out, r)
}

// addPromptValues adds the values that depend on the prompt alone, computed once for each prompt.
func (o *opened) addPromptValues(inputs map[string]engine.Tensor, fed map[string]ort.Value, r *ort.RunOptions) (release func(), err error) {
	p, cut := o.Parts[promptPart]
	if !cut {
		return func() {}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := inputs[states]
	i := slices.IndexFunc(o.prompts, func(t *told) bool {
		return slices.Equal(t.states.Shape, s.Shape) && bytes.Equal(raw(t.states.Data), raw(s.Data))
	})
	var t *told
	if i >= 0 {
		t = o.prompts[i]
		o.prompts = slices.Insert(slices.Delete(o.prompts, i, i+1), 0, t)
	} else {
		t = &told{states: s.Clone(), values: make([]ort.Value, len(p.Out))}
		if err := o.runPart(promptPart, fed, t.values, r); err != nil {
			destroy(t.values)
			return nil, err
		}
		o.prompts = slices.Insert(o.prompts, 0, t)
		o.forget(rememberedPrompts)
	}
	for k, name := range p.Out {
		fed[name] = t.values[k]
	}
	t.users++
	return func() { o.done(t) }, nil
}

// raw is the vector's memory, which compares ten times as fast as its numbers.
func raw(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}

// forget drops all but the newest; those in use are freed when they are done.
func (o *opened) forget(keep int) {
	for len(o.prompts) > keep {
		t := o.prompts[len(o.prompts)-1]
		o.prompts = o.prompts[:len(o.prompts)-1]
		if t.old = true; t.users == 0 {
			destroy(t.values)
		}
	}
}

func (o *opened) done(t *told) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.users--; t.users == 0 && t.old {
		destroy(t.values)
	}
}

// run runs the network, or with DeepCache its outer layers; out holds outputs that are allocated already.
func (o *opened) run(fed map[string]ort.Value, out []ort.Value, c call, r *ort.RunOptions) ([]ort.Value, error) {
	if o.Inner == "" {
		return out, o.runPart(mainPart, fed, out, r)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if kept := o.inner[c.row]; c.reuse && !c.fresh && kept != nil {
		fed[o.Inner] = kept
		return out, o.runPart(shallowPart, fed, out, r)
	}
	out = append(out, nil)
	if err := o.runPart(mainPart, fed, out, r); err != nil {
		return out, err
	}
	n := len(out) - 1
	if !c.reuse {
		out[n].Destroy()
		return out[:n], nil
	}
	if old := o.inner[c.row]; old != nil {
		old.Destroy()
	}
	if o.inner == nil {
		o.inner = map[string]ort.Value{}
	}
	o.inner[c.row] = out[n]
	return out[:n], nil
}

// close frees the sessions and the values kept. Nobody uses them any more.
func (o *opened) close() error {
	var first error
	for _, s := range o.sessions {
		if err := s.Destroy(); err != nil && first == nil {
			first = err
		}
	}
	o.forget(0)
	for _, v := range o.inner {
		v.Destroy()
	}
	o.inner = nil
	trim()
	if o.copy != "" {
		if err := os.RemoveAll(o.copy); err != nil && first == nil {
			first = err
		}
	}
	return first
}
