package timeline

import (
	"slices"

	"nirvana/app/history"
	"nirvana/app/lineage"
)

// Lineage is what came from what in this project: the pictures that were made in it and those that they came from. find may be
// called on any goroutine.
func (t *Timeline) Lineage() (find func() ([]lineage.Place, []history.Entry, error)) {
	d, store := t.in.Sight.Document, t.in.History
	ids := slices.Clone(d.Made)
	for _, c := range t.in.Sight.Tray.Candidates {
		if c.Stored != 0 && !slices.Contains(ids, c.Stored) {
			ids = append(ids, c.Stored)
		}
	}
	root := ""
	if r := d.Recipe; r != nil {
		root = r.Trajectory
	}
	return func() ([]lineage.Place, []history.Entry, error) { return lineage.Of(store, ids, root) }
}

// Lanes are the branches among the candidates that are related to the run that the timeline shows.
func (t *Timeline) Lanes() []lineage.Lane {
	var nodes []lineage.Node
	for i, c := range t.in.Sight.Tray.Candidates {
		nodes = append(nodes, lineage.Node{Key: c.Recipe.Trajectory, ID: int64(i), Recipe: c.Recipe})
	}
	shown := t.Path()
	if shown == nil || shown.Document != t.in.Sight.Document.Serial && shown.Active() {
		return nil
	}
	key := shown.Key
	if shown.Active() {
		made := shown.Job.Recipe
		key, made.Hashes = underWay, make([]string, len(shown.Steps))
		if n := len(shown.Steps); n > 0 {
			made.Unfinished = []int{shown.Steps[n-1].Index, shown.Of()}
		}
		nodes = append(nodes, lineage.Node{Key: key, ID: -1, Recipe: made})
	}
	return lineage.Lanes(nodes, key)
}

// underWay is the key of a run that is not finished.
const underWay = "-"
