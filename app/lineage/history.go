package lineage

import (
	"slices"

	"nirvana/app/history"
)

// Of is the tree of a history's pictures with these ids and of their ancestors; root is the path of the picture on
// the canvas, "" if it has none. It may be called on any goroutine.
func Of(store *history.Store, ids []int64, root string) ([]Place, []history.Entry, error) {
	all, err := store.Entries(ids)
	if err != nil {
		return nil, nil, err
	}
	if all, err = withAncestors(store, all, root); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, func(a, b history.Entry) int { return int(a.ID - b.ID) })
	gone, err := store.Find(history.Deleted)
	if err != nil {
		return nil, nil, err
	}
	var nodes []Node
	for _, e := range all {
		nodes = append(nodes, Node{Key: e.Recipe.Trajectory, ID: e.ID, Gone: slices.Contains(gone, e.ID), Recipe: e.Recipe})
	}
	return Tree(nodes), all, nil
}

// withAncestors adds the pictures' ancestors.
func withAncestors(store *history.Store, all []history.Entry, root string) ([]history.Entry, error) {
	known, wanted := map[string]bool{"": true}, []string{root}
	for _, e := range all {
		known[e.Recipe.Trajectory] = true
	}
	look := func(list []history.Entry) {
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
