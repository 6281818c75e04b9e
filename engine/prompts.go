package engine

import (
	"slices"

	"nirvana/engine/random"
	"nirvana/engine/text"
	"nirvana/engine/token"
)

// textsOf are the pictures' texts, or the one for all; nil for neither.
func textsOf(many []string, one *string) []string {
	if len(many) == 0 && one != nil {
		return []string{*one}
	}
	return many
}

func (r Request) positive() text.Row {
	return text.Row{First: textsOf(r.Prompts, &r.Prompt), Second: textsOf(r.Prompts2, r.Prompt2), Third: textsOf(r.Prompts3, r.Prompt3)}
}

func (r Request) negative() text.Row {
	return text.Row{First: textsOf(r.Negatives, &r.Negative), Second: textsOf(r.Negatives2, r.Negative2), Third: textsOf(r.Negatives3, r.Negative3),
		Absent: r.NoNegative, Label: "negative_"}
}

// dice draws the request's wildcards, from its seed.
func (r Request) dice() func(n int) int { return random.NewTorch(r.Seed).Intn }

// Drawn replaces a request's wildcards by what its seed draws; a run of either makes the same picture.
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
	r.Regions = slices.Clone(r.Regions)
	for i := range r.Regions {
		r.Regions[i].Prompt = token.Drawn(r.Regions[i].Prompt, r.regionDice(i))
	}
	return r
}

// LoRAsIn lists the LoRAs that a prompt names by <lora:name:weight>. It fails for calls that cannot be read.
func LoRAsIn(prompt string) ([]token.Lora, error) {
	p := token.Parse(prompt)
	return p.Loras, p.Err()
}
