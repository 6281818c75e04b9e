package token

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Prompt is a prompt in AUTOMATIC1111's syntax, parsed once and evaluated at every step:
//
//	(a) (a:1.3) [a]   more attention by 1.1, by 1.3, less by 1.1; \( is a bracket
//	[a:b:0.4] [a:b:8] a, and b after 0.4 of the steps or after step 8
//	[b:8] [a::8]      b from then on, a until then
//	[a|b]             a and b in turn
//	a AND b:0.5       two prompts whose predictions are added, b's by half
//	BREAK             what follows starts a new chunk
//	<lora:name:0.7>   a LoRA with its weight, removed from the text (Lora)
//
// The zero value is the empty prompt.
type Prompt struct {
	Loras []Lora
	parts []part
	err   error
}

// Limits of a prompt: it is parsed in time proportional to its length, and recursion follows the depth of its
// brackets.
const (
	mostBytes = 1 << 17
	mostDepth = 100
)

// Err is the error of a prompt that is taken as plain text since it is too long or too deeply nested, or of the first
// LoRA call that cannot be read; nil.
func (p Prompt) Err() error {
	if p.err != nil {
		return p.err
	}
	for _, l := range p.Loras {
		if l.Wrong != "" {
			return errors.New(l.Wrong)
		}
	}
	return nil
}

// limits fails where a prompt is too long or nested too deeply to be parsed.
func limits(text string) error {
	if len(text) > mostBytes {
		return fmt.Errorf("the prompt is %d characters long, more than %d: shorten it", len(text), mostBytes)
	}
	depth, deepest := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	if deepest > mostDepth {
		return fmt.Errorf("the prompt's brackets are nested %d deep, more than %d: take some out", deepest, mostDepth)
	}
	return nil
}

// Part is one of the prompts joined by AND.
type Part struct {
	Weight float32 // of its prediction; 1 without AND
	Text   []Weighted
}

type part struct {
	weight float32
	text   nodes
}

var (
	andWord    = regexp.MustCompile(`\bAND\b`)
	partWeight = regexp.MustCompile(`(?s)^(.*?)\s*:\s*([-+]?(?:\d+\.?|\d*\.\d+))\s*$`)
)

// Parse parses a prompt. It never fails: what is not syntax is text.
func Parse(text string) Prompt {
	if err := limits(text); err != nil {
		return Prompt{err: err, parts: []part{{1, nodes{{text: text}}}}}
	}
	var p Prompt
	text, p.Loras = takeLoras(text)
	texts := andWord.Split(text, -1)
	for _, t := range texts {
		weight := 1.0
		if m := partWeight.FindStringSubmatch(t); m != nil && len(texts) > 1 {
			t, weight = m[1], number(m[2])
		}
		p.parts = append(p.parts, part{float32(weight), parseNodes(t)})
	}
	return p
}

// ParseNegative parses a negative prompt, in which AND is an ordinary word.
func ParseNegative(text string) Prompt {
	if err := limits(text); err != nil {
		return Prompt{err: err, parts: []part{{1, nodes{{text: text}}}}}
	}
	var p Prompt
	text, p.Loras = takeLoras(text)
	p.parts = []part{{1, parseNodes(text)}}
	return p
}

// At is the prompt at a step, counted from 0, of steps in all; for samplers that evaluate twice a step, count
// evaluations. As in AUTOMATIC1111 a change after step n takes effect from evaluation n+1 on, and the first of
// several alternatives is used twice at the start.
func (p Prompt) At(step, steps int) []Part {
	if len(p.parts) == 0 {
		return []Part{{1, []Weighted{{Weight: 1}}}}
	}
	out := make([]Part, len(p.parts))
	for i, part := range p.parts {
		var text strings.Builder
		part.text.write(&text, step, steps)
		if p.err != nil {
			out[i] = Part{part.weight, []Weighted{{Text: text.String(), Weight: 1}}}
			continue
		}
		out[i] = Part{part.weight, attention(text.String())}
	}
	return out
}

// Fixed reports whether the prompt is the same at every step.
func (p Prompt) Fixed() bool {
	for _, part := range p.parts {
		if !part.text.fixed() {
			return false
		}
	}
	return true
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 1
	}
	return v
}
