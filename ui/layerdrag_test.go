package ui

import (
	"testing"

	"nirvana/app/layers"
)

// The line is where the layer lands when it is let go: over the row that follows it then, with its group's layers, and
// nowhere if everything stays.
func TestWhereLayerLands(t *testing.T) {
	// the list, from the top: 4, group 3 with 32 and 31, 2, 1
	s := &layers.Stack{Layers: []layers.Layer{{ID: 1}, {ID: 2}, {ID: 3, Group: true, Layers: []layers.Layer{{ID: 31}, {ID: 32}}}, {ID: 4}}, Active: 1}
	for _, c := range []struct {
		id     int64
		by     int
		before int64
		inside bool
		moves  bool
	}{
		{1, 0, 0, false, false},
		{1, 1, 0, false, false}, // it is the lowest
		{1, -1, 2, false, true},
		{2, 1, 0, false, true},
		{2, -1, 2, true, true}, // into the group, under 31
		{2, -2, 31, true, true},
		{31, 1, 2, false, true}, // out of it, under the group
		{4, 1, 32, true, true},
		{3, 1, 1, false, true}, // with what is in it
		{3, -1, 4, false, true},
		{32, 1, 2, true, true},
		{32, -1, 3, false, true}, // out of it
		{4, -3, 0, false, false},
	} {
		before, inside, moves := landingOf(s, c.id, c.by)
		if moves != c.moves || moves && (before != c.before || inside != c.inside) {
			t.Errorf("%d by %d: before %d, in a group %v, moves %v", c.id, c.by, before, inside, moves)
		}
	}
}
