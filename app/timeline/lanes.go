package timeline

import (
	"slices"

	"nirvana/app/history"
	"nirvana/app/lineage"
	"nirvana/app/recipe"
	"nirvana/app/tray"
)

// Lineage is the tree of this project's pictures and those that they came from. find may be called on any goroutine.
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

// IDs of lanes that are no candidate's, whose are their places in the tray.
const (
	CurrentLane  int64 = -1 // the run that the timeline follows
	DocumentLane int64 = -2 // the picture on the canvas
)

// Lanes are the branches among the candidates and the picture on the canvas that are related to the run that the timeline
// shows.
func (t *Timeline) Lanes() []lineage.Lane {
	var nodes []lineage.Node
	shown := t.Path()
	if made := t.in.Sight.Document.Recipe; made != nil && made.Trajectory != "" {
		nodes = append(nodes, lineage.Node{Key: made.Trajectory, ID: DocumentLane, Recipe: *made})
	}
	for i, c := range t.in.Sight.Tray.Candidates {
		made := c.Recipe
		if chosen := t.chosenOver(c); chosen != nil && shown != nil && shown.Key != chosen.Recipe.Trajectory { // the timeline shows another seed
			made.Origin = &recipe.Origin{Trajectory: chosen.Recipe.Trajectory, How: lineage.Searched}
		}
		nodes = append(nodes, lineage.Node{Key: c.Recipe.Trajectory, ID: int64(i), Recipe: made})
	}
	if shown == nil || shown.Document != t.in.Sight.Document.Serial && shown.Coming() {
		return nil
	}
	key := shown.Key
	if shown.Coming() {
		made := shown.Job.Recipe
		key, made.Hashes = underWay, make([]string, len(shown.Steps))
		if n := len(shown.Steps); n > 0 {
			made.Unfinished = []int{shown.Steps[n-1].Index, shown.Of()}
		}
		nodes = append(nodes, lineage.Node{Key: key, ID: CurrentLane, Recipe: made})
	}
	return lineage.Lanes(nodes, key)
}

// chosenOver is the candidate that a search preferred to this one; nil if this one was preferred, or not part of a
// search.
func (t *Timeline) chosenOver(c *tray.Candidate) *tray.Candidate {
	if c.Recipe.BestOf < 2 || c.Recipe.Origin != nil {
		return nil
	}
	var best *tray.Candidate
	for _, o := range t.in.Sight.Tray.Candidates {
		if o.Run != c.Run || o.Number != c.Number || o.Recipe.BestOf != c.Recipe.BestOf || o.Recipe.Trajectory == "" {
			continue
		}
		if best == nil || best.Partial && !o.Partial || best.Partial == o.Partial && o.Recipe.Score > best.Recipe.Score {
			best = o
		}
	}
	if best == c {
		return nil
	}
	return best
}

// underWay is the key of an unfinished run.
const underWay = "-"
