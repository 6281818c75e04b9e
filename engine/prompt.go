package engine

import (
	"context"
	"fmt"
)

// prompt is one picture's text through one CLIP-like encoder. slot counts
// encoders as the field does: the refiner's only one is the second.
func (m *Model) prompt(ctx context.Context, r Request, t texts, slot, picture, depth int) (textStates, error) {
	which := min(slot, len(m.text)-1)
	name := t.label + "token_ids"
	if slot > 0 {
		name = fmt.Sprintf("%s_%d", name, slot+1)
	}
	if text, ok := t.read(slot, picture); ok {
		return m.chunks(ctx, r, which, text, depth, name)
	}
	ids := m.row(which, t.of(slot, picture), 0)
	r.watch(name, idsTensor(ids))
	return m.encode(ctx, which, ids, depth)
}
