package text

import (
	"context"

	"nirvana/engine/fault"
)

// Chat encodes one picture's text as a question to a language model, between what its template puts before and after
// it, in at most length tokens; depth is layers before the last. Weights of words are ignored.
func (e *Encoders) Chat(ctx context.Context, o Options, r Row, picture int, before, after string, length, depth int) (States, error) {
	ids, err := e.question(o, r, picture, before, after, length)
	if err != nil {
		return States{}, err
	}
	o.watch(r.Label+"token_ids", ids)
	return e.States(ctx, 0, ids, depth)
}

// ChatLayers is Chat in a row of exactly length tokens, padded, with the states before several layers, counted from 0,
// beside each other.
func (e *Encoders) ChatLayers(ctx context.Context, o Options, r Row, picture int, before, after string, length int, layers ...int) (States, error) {
	ids, err := e.question(o, r, picture, before, after, length)
	if err != nil {
		return States{}, err
	}
	for n := o.sequence(length); len(ids) < n; {
		ids = append(ids, e.all[0].tokens.Pad)
	}
	o.watch(r.Label+"token_ids", ids)
	last := len(e.all[0].hidden) - 1
	depths := make([]int, len(layers))
	for i, layer := range layers {
		if depths[i] = last - layer; depths[i] < 0 {
			return States{}, fault.Unknown.Errorf("%s has %d layers, and the model takes what goes into its layer %d: its parts are of different models, fetch them again", e.all[0].Name, last, layer)
		}
	}
	return e.states(ctx, 0, ids, further{}, depths...)
}

// question is the tokens of a text between what a template puts before and after it, cut at length.
func (e *Encoders) question(o Options, r Row, picture int, before, after string, length int) ([]int, error) {
	ids := e.all[0].tokens.Encode(before + r.Of(0, picture) + after)
	if ids = ids[:min(len(ids), o.sequence(length))]; len(ids) == 0 {
		return nil, fault.Incomplete.Errorf("%s's tokenizer gives no tokens: copy its folder again from where the model came from", e.all[0].Name)
	}
	return ids, nil
}
