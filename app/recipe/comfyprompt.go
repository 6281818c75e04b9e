package recipe

import (
	"fmt"
	"strings"
)

// maxWords bounds a combined prompt, bytes: text may double at every node.
const maxWords = 1 << 18

// wording collects the texts of the positive or negative side, and the encoder's parameters.
type wording struct {
	*comfy
	guidance float32
	encoder  node
	depth    int
}

// conditioning returns the prompts that an input's conditioning combines, usually one.
func (w *wording) conditioning(p place, side int) []string {
	if w.depth > 400 {
		return nil
	}
	w.depth++
	defer func() { w.depth-- }()
	n, o, ok := w.from(p)
	if !ok {
		if _, linked := p.link(); !linked && w.encoder.Inputs == nil { // a loader with text inputs
			w.encoder = node{Inputs: p.in}
		}
		return one(w.text(p))
	}
	switch class := n.Class; {
	case class == "ConditioningZeroOut":
		return nil
	case strings.HasPrefix(class, "ConditioningCombine") || class == "Conditioning Combine":
		return w.several(n, side)
	case class == "ConditioningConcat":
		return one(strings.Join(w.several(n, side), " BREAK "))
	case class == "ConditioningAverage":
		w.found.lose("%s: %g of the other prompt", class, 1-w.number(n, "conditioning_to_strength"))
		return w.conditioning(place{n.Inputs, "conditioning_to"}, side)
	}
	if n.Inputs["guidance"] != nil && w.guidance == 0 {
		w.guidance = float32(w.number(n, "guidance"))
	}
	if next, ok := w.passed(n, o.slot); ok {
		w.followed(n)
		return w.conditioning(next, side)
	}
	if next, ok := w.unknown(n, side); ok {
		w.followed(n)
		return w.conditioning(next, side)
	}
	if w.encoder.Inputs == nil {
		w.encoder = n
	}
	return one(w.nodeText(n, o.slot))
}

// several returns the prompts of all conditioning inputs. ComfyUI puts "conditioning_to" first.
func (w *wording) several(n node, side int) (out []string) {
	for _, key := range sortedKeys(n.Inputs) {
		p := place{n.Inputs, key}
		if _, linked := p.link(); linked && (strings.HasPrefix(key, "conditioning") || strings.HasPrefix(key, "cond")) {
			if key == "conditioning_to" {
				out = append(w.conditioning(p, side), out...)
			} else {
				out = append(out, w.conditioning(p, side)...)
			}
		}
		if len(out) > 64 {
			return out[:64]
		}
	}
	return out
}

// unknown returns the conditioning input of a node without a table.
func (w *wording) unknown(n node, side int) (place, bool) {
	if _, known := passes[n.Class]; known {
		return place{}, false
	}
	for _, key := range [][]string{{"positive", "conditioning", "cond", "CONDITIONING", "conditioning_1", "cond_1", "base_positive"}, {"negative", "conditioning", "cond", "CONDITIONING", "conditioning_1", "cond_1", "base_negative"}}[side] {
		p := place{n.Inputs, key}
		if _, linked := p.link(); linked {
			return p, true
		}
	}
	return place{}, false
}

// followed notes what a node on the way does besides passing its input on.
func (w *wording) followed(n node) {
	switch {
	case n.Inputs["control_net"] != nil:
		name := ""
		if net, ok := w.linked(n, "control_net"); ok {
			name = modelName(w.word(net, "control_net_name"))
		}
		w.found.lose("ControlNet %s, weight %g", name, w.number(n, "strength"))
	case n.Inputs["style_model"] != nil || n.Inputs["clip_vision_output"] != nil:
		w.found.lose("the picture behind %s", n.Class)
	case strings.HasPrefix(n.Class, "ConditioningSet"):
		w.found.lose("%s: where or when the prompt acts", n.Class)
	}
}

func one(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return []string{s}
}

// combined writes prompts whose predictions ComfyUI averages in AUTOMATIC1111's syntax.
func combined(prompts []string) string {
	if len(prompts) < 2 {
		return strings.Join(prompts, "")
	}
	out := make([]string, len(prompts))
	for i, p := range prompts {
		out[i] = fmt.Sprintf("%s:%.3g", strings.TrimSpace(p), 1/float64(len(prompts)))
	}
	return strings.Join(out, " AND ")
}

// text returns an input's text, evaluating the nodes that compose it.
func (w *wording) text(p place) string {
	if w.depth > 400 {
		return ""
	}
	w.depth++
	defer func() { w.depth-- }()
	n, o, ok := w.from(p)
	if !ok {
		return scalarText(p.in[p.key])
	}
	if next, ok := w.passed(n, o.slot); ok {
		return w.text(next)
	}
	return w.nodeText(n, o.slot)
}

// nodeText returns the text that a node encodes or outputs.
func (w *wording) nodeText(n node, slot int) string {
	at := func(key string) string { return w.text(place{n.Inputs, key}) }
	has := func(keys ...string) bool {
		for _, k := range keys {
			if n.Inputs[k] == nil {
				return false
			}
		}
		return true
	}
	switch {
	case has("text_positive", "text_negative"), has("positive", "negative"): // stylers
		w.found.lose("style: %s", w.word(n, "style", "styles"))
		keys := []string{"text_positive", "text_negative"}
		if has("positive", "negative") {
			keys = []string{"positive", "negative"}
		}
		return at(keys[min(slot, 1)])
	case has("t5xxl"), has("text_g"), has("clip_g"), has("prompt_g"), has("mt5xl"):
		return w.encoders(n)
	case n.Class == "StringSubstring":
		return substring(at("string"), count(w.number(n, "start")), count(w.number(n, "end")))
	case n.Class == "StringTrim":
		return trimSide(at("string"), w.word(n, "mode"))
	case n.Class == "CaseConverter":
		return changeCase(at("string"), w.word(n, "mode"))
	case n.Class == "StringReplace", n.Class == "Text Find and Replace", n.Class == "easy promptReplace":
		return w.bounded(strings.ReplaceAll(w.text(w.first(n, "string", "text", "prompt")), w.text(w.first(n, "find", "find1")), w.text(w.first(n, "replace", "replace1"))))
	case n.Class == "StringFunction|pysssss":
		return w.stringFunction(n)
	case has("delimiter"), has("separator"), has("string_a"), has("text_a"):
		return w.joined(n)
	}
	for _, key := range []string{"populated_text", "text", "prompt", "string", "value", "user_prompt", "positive", "negative", "STRING", "Text", "String", "text_0", "source", "any", "input", "text1", "str", "bert"} {
		if has(key) {
			return at(key)
		}
	}
	return w.joined(n)
}

func (w *wording) first(n node, keys ...string) place {
	for _, k := range keys {
		if n.Inputs[k] != nil {
			return place{n.Inputs, k}
		}
	}
	return place{}
}

// encoders returns the text of a node with one text per encoder: that of the encoder with the longest context.
// Differing ones are listed as lost.
func (w *wording) encoders(n node) (text string) {
	for _, key := range []string{"t5xxl", "mt5xl", "text_g", "prompt_g", "clip_g", "text_l", "prompt_l", "clip_l", "bert"} {
		if n.Inputs[key] == nil {
			continue
		}
		switch other := w.text(place{n.Inputs, key}); {
		case strings.TrimSpace(text) == "":
			text = other
		case strings.TrimSpace(other) != "" && other != text:
			w.found.lose("%s: %s", key, other)
		}
	}
	return text
}

// joined joins a node's texts in the order of their names.
func (w *wording) joined(n node) string {
	between := ", "
	if p := w.first(n, "delimiter", "separator"); p.in != nil {
		between = strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(w.text(p))
	} else if n.Class == "StringConcatenate" {
		between = ""
	}
	var parts []string
	for _, key := range sortedKeys(n.Inputs) {
		if !isPart(key) {
			continue
		}
		part := w.text(place{n.Inputs, key})
		if w.word(n, "clean_whitespace") == "true" {
			part = strings.TrimSpace(part)
		}
		if part != "" || n.Class == "StringConcatenate" {
			parts = append(parts, part)
		}
	}
	return w.bounded(strings.Join(parts, between))
}

func isPart(key string) bool {
	for _, prefix := range []string{"text", "string", "prompt", "part", "str", "input"} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			rest = strings.TrimPrefix(rest, "_")
			if rest == "" || len(rest) == 1 && rest >= "a" && rest <= "z" || strings.Trim(rest, "0123456789") == "" {
				return true
			}
		}
	}
	return false
}

func (w *wording) bounded(s string) string {
	if len(s) <= maxWords {
		return s
	}
	w.found.lose("a prompt of more than %d bytes", maxWords)
	return ""
}
