package text

import (
	"reflect"

	"nirvana/engine/token"
)

// Timeline is prompts in AUTOMATIC1111's syntax over the steps of a run.
type Timeline struct {
	prompts   []token.Prompt // one a picture
	negatives []token.Prompt
	steps     int // evaluations that prompt schedules are relative to
	constant  bool
	prompt    Row
	against   Row
}

// Weighted is one of the prompts joined by AND.
type Weighted struct {
	Row
	Weight float32
}

// NewTimeline parses the prompts; steps is how many evaluations prompt schedules are relative to, dice(n) draws 0 to
// n-1 for wildcards.
func NewTimeline(prompt, negative Row, steps int, dice func(n int) int) *Timeline {
	t := &Timeline{steps: steps, constant: true, prompt: prompt, against: negative}
	read := func(texts []string, parse func(string) token.Prompt) (out []token.Prompt) {
		for _, text := range texts {
			p := parse(token.Draw(text, dice))
			out = append(out, p)
			t.constant = t.constant && p.Fixed()
		}
		return out
	}
	t.prompts, t.negatives = read(prompt.First, token.Parse), read(negative.First, token.ParseNegative)
	return t
}

// At is the prompt's rows at a step; every picture has as many as the first.
func (t *Timeline) At(step int) []Weighted {
	var rows []Weighted
	for i, p := range t.prompts {
		parts := p.At(step, t.steps)
		if i == 0 {
			rows = make([]Weighted, len(parts))
		}
		for k := range rows {
			part := parts[min(k, len(parts)-1)]
			if i == 0 {
				rows[k] = Weighted{t.prompt, part.Weight}
				rows[k].weighted = nil
			}
			rows[k].weighted = append(rows[k].weighted, part.Text)
		}
	}
	return rows
}

// Negative is the negative prompts at a step.
func (t *Timeline) Negative(step int) Row {
	out := t.against
	for _, p := range t.negatives {
		out.weighted = append(out.weighted, p.At(step, t.steps)[0].Text)
	}
	return out
}

// Changes reports whether the rows at a step differ from those one step before.
func (t *Timeline) Changes(step int) bool {
	return !t.constant && !(reflect.DeepEqual(t.At(step), t.At(step-1)) && reflect.DeepEqual(t.Negative(step), t.Negative(step-1)))
}
