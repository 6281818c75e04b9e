package engine

import (
	"math"

	"nirvana/engine/random"
	"nirvana/engine/token"
)

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
