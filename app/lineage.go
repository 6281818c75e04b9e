package app

import (
	"slices"

	"nirvana/app/history"
	"nirvana/app/lineage"
)

// Lineage is what came from what in this project: the pictures that were made in it and those that they came from. It may be
// called on any goroutine.
func (s *Studio) Lineage() (find func() ([]lineage.Place, []Entry, error)) {
	ids, store := slices.Clone(s.Document.Made), s.History
	for _, c := range s.Tray.Candidates {
		if c.Stored != 0 && !slices.Contains(ids, c.Stored) {
			ids = append(ids, c.Stored)
		}
	}
	root := ""
	if r := s.Document.Recipe; r != nil {
		root = r.Trajectory
	}
	return func() ([]lineage.Place, []Entry, error) { return lineageOf(store, ids, root) }
}

func lineageOf(store *history.Store, ids []int64, root string) ([]lineage.Place, []Entry, error) {
	all, err := store.Entries(ids)
	if err != nil {
		return nil, nil, err
	}
	if all, err = withAncestors(store, all, root); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, func(a, b Entry) int { return int(a.ID - b.ID) })
	gone, err := store.Find(history.Deleted)
	if err != nil {
		return nil, nil, err
	}
	var nodes []lineage.Node
	for _, e := range all {
		nodes = append(nodes, lineage.Node{Key: e.Recipe.Trajectory, ID: e.ID, Gone: slices.Contains(gone, e.ID), Recipe: e.Recipe})
	}
	return lineage.Tree(nodes), all, nil
}

// withAncestors adds what pictures came from, up to the first.
func withAncestors(store *history.Store, all []Entry, root string) ([]Entry, error) {
	known, wanted := map[string]bool{"": true}, []string{root}
	for _, e := range all {
		known[e.Recipe.Trajectory] = true
	}
	look := func(list []Entry) {
		for _, e := range list {
			if e.Recipe.Origin != nil {
				wanted = append(wanted, e.Recipe.Origin.Trajectory)
			}
		}
	}
	look(all)
	for len(wanted) > 0 {
		key := wanted[0]
		if wanted = wanted[1:]; known[key] {
			continue
		}
		known[key] = true
		found, err := store.Of(key)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		look(found)
	}
	return all, nil
}

// Lanes are the paths among the candidates that branched from one another and from the one that the timeline shows.
func (s *Studio) Lanes() []lineage.Lane {
	var nodes []lineage.Node
	for i, c := range s.Tray.Candidates {
		nodes = append(nodes, lineage.Node{Key: c.Recipe.Trajectory, ID: int64(i), Recipe: c.Recipe})
	}
	shown := s.Path()
	if shown == nil || shown.Document != s.Document.Serial && shown.Active() {
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

// underWay stands for the key of a run that is not done.
const underWay = "-"
