package text

import (
	"context"

	"nirvana/engine/fault"
)

// Chat encodes one picture's text as a question to a language model, between what its template puts before and after
// it, in at most length tokens; depth is layers before the last. Weights of words are ignored.
func (e *Encoders) Chat(ctx context.Context, o Options, r Row, picture int, before, after string, length, depth int) (States, error) {
	if o.MaxSequence > 0 {
		length = o.MaxSequence
	}
	ids := e.all[0].tokens.Encode(before + r.Of(0, picture) + after)
	if ids = ids[:min(len(ids), length)]; len(ids) == 0 {
		return States{}, fault.Incomplete.Errorf("%s's tokenizer gives no tokens: copy its folder again from where the model came from", e.all[0].Name)
	}
	o.watch(r.Label+"token_ids", ids)
	return e.States(ctx, 0, ids, depth)
}
