package token

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Prompt is a prompt in AUTOMATIC1111's syntax, read once and asked at every step:
//
//	(a) (a:1.3) [a]   more attention by 1.1, by 1.3, less by 1.1; \( is a bracket
//	[a:b:0.4] [a:b:8] a, and b after 0.4 of the steps or after step 8
//	[b:8] [a::8]      b from then on, a until then
//	[a|b]             a and b in turn
//	a AND b:0.5       two prompts whose predictions are added, b's by half
//	BREAK             what follows starts a new chunk
//	<lora:name:0.7>   a LoRA with its weight, taken out of the text
//
// The zero value is the empty prompt.
type Prompt struct {
	Loras []Lora
	parts []part
}

// Lora is one the prompt asks for, with its weights in the text encoder and the network.
type Lora struct {
	Name      string
	Text, Net float32
}

// Part is one of the prompts that AND joins.
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
	loraCall   = regexp.MustCompile(`<(?:lora|lyco):([^<>]+)>`)
)

// Parse reads a prompt. Every text is a prompt: what is no syntax is text.
func Parse(text string) Prompt {
	var p Prompt
	text = p.takeLoras(text)
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

// ParseNegative reads a negative prompt, in which AND is a word like others.
func ParseNegative(text string) Prompt {
	var p Prompt
	p.parts = []part{{1, parseNodes(p.takeLoras(text))}}
	return p
}

// takeLoras takes LoRAs out of the text: <lora:name>, <lora:name:weight>,
// <lora:name:text weight:network weight>, the weights also as te=0.5 and unet=0.5.
func (p *Prompt) takeLoras(text string) string {
	return loraCall.ReplaceAllStringFunc(text, func(call string) string {
		fields := strings.Split(loraCall.FindStringSubmatch(call)[1], ":")
		weights := map[string]float64{}
		place := []string{"te", "unet"}
		for _, f := range fields[1:] {
			key, value, named := strings.Cut(f, "=")
			if !named && len(place) > 0 {
				key, value, place = place[0], f, place[1:]
			}
			if w, err := strconv.ParseFloat(strings.TrimSpace(value), 32); err == nil && !math.IsNaN(w) && !math.IsInf(w, 0) {
				weights[strings.TrimSpace(key)] = w
			}
		}
		l := Lora{Name: strings.TrimSpace(fields[0]), Text: 1}
		if w, ok := weights["te"]; ok {
			l.Text = float32(w)
		}
		l.Net = l.Text
		if w, ok := weights["unet"]; ok {
			l.Net = float32(w)
		}
		p.Loras = append(p.Loras, l)
		return ""
	})
}

// At is what the prompt says at a step, counted from 0, of steps in all; for
// samplers that evaluate twice a step, count evaluations. As in AUTOMATIC1111 a
// change after step n shows from evaluation n+1 on, and of alternatives the
// first is shown twice at the start.
func (p Prompt) At(step, steps int) []Part {
	if len(p.parts) == 0 {
		return []Part{{1, []Weighted{{Weight: 1}}}}
	}
	out := make([]Part, len(p.parts))
	for i, part := range p.parts {
		var text strings.Builder
		part.text.write(&text, step, steps)
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
