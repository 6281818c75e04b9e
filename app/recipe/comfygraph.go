package recipe

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"
)

// node is one node of ComfyUI's graph, as in its "prompt" text. Inputs are values, or links: ["id", output].
type node struct {
	Class  string `json:"class_type"`
	Inputs object `json:"inputs"`
}

// comfy evaluates a graph backwards from its outputs. An input's value comes from the output that it is linked to;
// tables per class of node say which input an output passes on.
type comfy struct {
	nodes  map[string]node
	found  *Found
	visits int // that are left: a malicious graph may expand without end
}

// maxVisits bounds the work on one graph; the largest graphs in use need some hundreds.
const maxVisits = 20_000

// place is an input of a node.
type place struct {
	in  object
	key string
}

// output is one of a node's outputs.
type output struct {
	id   string
	slot int
}

// link returns the output that an input is linked to.
func (p place) link() (output, bool) {
	var l []json.RawMessage
	if raw := p.in[p.key]; len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &l) != nil || len(l) != 2 {
		return output{}, false
	}
	var slot int
	id := scalarText(l[0])
	if json.Unmarshal(l[1], &slot) != nil || id == "" || slot < 0 {
		return output{}, false
	}
	return output{id, slot}, true
}

// from returns the node and output that an input gets its value from; false if the input holds a value itself, or
// nothing.
func (c *comfy) from(p place) (node, output, bool) {
	o, ok := p.link()
	if c.visits--; !ok || c.visits < 0 {
		return node{}, o, false
	}
	n, ok := c.nodes[o.id]
	return n, o, ok
}

// input returns the first of these inputs that the node has; otherwise it is looked for in the node's bundles.
func (c *comfy) input(n node, names ...string) (place, bool) {
	for _, name := range names {
		for _, alias := range strings.Split(name, "|") {
			if v, ok := n.Inputs[alias]; ok && string(v) != "null" {
				return place{n.Inputs, alias}, true
			}
		}
	}
	for _, b := range bundles {
		if _, ok := n.Inputs[b]; !ok {
			continue
		}
		if p, ok := c.bundled(place{n.Inputs, b}, names); ok {
			return p, true
		}
	}
	return place{}, false
}

// bundled looks into a pipe or context, which carries the inputs of the nodes that it passed.
func (c *comfy) bundled(p place, names []string) (place, bool) {
	n, o, ok := c.from(p)
	if !ok {
		return place{}, false
	}
	if next, ok := c.passed(n, o.slot); ok && !isBundle(next.key) {
		return c.bundled(next, names)
	}
	return c.input(n, names...)
}

func isBundle(key string) bool { return slices.Contains(bundles, key) }

// passed returns the input that a node's output passes on, by the tables; false if the node creates the value.
func (c *comfy) passed(n node, slot int) (place, bool) {
	names := strings.Split(passes[n.Class], ",")
	if slot >= len(names) || names[slot] == "" {
		return place{}, false
	}
	name := names[slot]
	if prefix, ok := strings.CutSuffix(name, "*"); ok { // the first linked one
		for _, key := range sortedKeys(n.Inputs) {
			p := place{n.Inputs, key}
			if _, linked := p.link(); linked && strings.HasPrefix(key, prefix) {
				return p, true
			}
		}
		return place{}, false
	}
	if prefix, selector, ok := strings.Cut(name, "#"); ok { // the one that a number or a switch selects
		return c.chosen(n, prefix, selector)
	}
	return c.input(n, name)
}

func (c *comfy) chosen(n node, prefix, selector string) (place, bool) {
	p := place{n.Inputs, prefix + scalarText(c.scalar(place{n.Inputs, selector}))}
	_, ok := p.in[p.key]
	return p, ok
}

// onward returns the input to follow through a node that does not create the kind of value looked for: from the
// tables, or for unknown nodes the first input with one of the usual names.
func (c *comfy) onward(n node, slot int, usual []string) (place, bool) {
	if p, ok := c.passed(n, slot); ok {
		return p, true
	}
	if _, known := passes[n.Class]; known {
		return place{}, false
	}
	for _, key := range usual {
		p := place{n.Inputs, key}
		if _, linked := p.link(); linked {
			return p, true
		}
	}
	return place{}, false
}

// scalar returns an input's value, following links to nodes that hold one; nil if it cannot be determined.
func (c *comfy) scalar(p place) json.RawMessage {
	for {
		n, o, ok := c.from(p)
		if !ok {
			if _, linked := p.link(); linked {
				return nil
			}
			return p.in[p.key]
		}
		next, ok := c.passed(n, o.slot)
		if !ok {
			next, ok = c.holder(n)
		}
		if !ok {
			c.found.lose("what node %s computes", n.Class)
			return nil
		}
		p = next
	}
}

// holder returns the input in which a node stores its single value.
func (c *comfy) holder(n node) (place, bool) {
	for _, key := range []string{"value", "seed", "noise_seed", "int", "Value", "float", "number", "string", "text", "STRING", "INT", "FLOAT", "boolean", "ckpt_name", "sampler_name", "scheduler", "a", "any", "source", "input"} {
		if v, ok := n.Inputs[key]; ok && string(v) != "null" {
			return place{n.Inputs, key}, true
		}
	}
	return place{}, false
}

// number and word return an input's scalar; 0 and "" if there is none.
func (c *comfy) number(n node, names ...string) float64 {
	p, ok := c.input(n, names...)
	if !ok {
		return 0
	}
	return object{"v": c.scalar(p)}.number("v")
}

func (c *comfy) word(n node, names ...string) string {
	p, ok := c.input(n, names...)
	if !ok {
		return ""
	}
	return scalarText(c.scalar(p))
}

// scalarText formats a text, number or boolean as text.
func scalarText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if len(raw) == 0 || raw[0] == '[' || raw[0] == '{' || string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// sortedKeys returns an object's keys with numbers in them sorted by value: text2 before text10.
func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return lessNatural(keys[i], keys[j]) })
	return keys
}

func lessNatural(a, b string) bool {
	pa, na := trailingNumber(a)
	pb, nb := trailingNumber(b)
	if pa != pb || len(na) == len(nb) {
		return a < b
	}
	return len(na) < len(nb)
}

func trailingNumber(s string) (prefix, digits string) {
	prefix = strings.TrimRight(s, "0123456789")
	return prefix, strings.TrimLeft(s[len(prefix):], "0")
}
