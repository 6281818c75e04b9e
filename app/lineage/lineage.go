// Package lineage shows which picture came from which: as a tree, each with its changes from the one before, by the
// origins in their recipes. Start with Tree.
package lineage

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/app/recipe"
)

// Node is a picture.
type Node struct {
	Key    string // of its trajectory; "": no other picture came from it
	ID     int64  // in the history, or any id of the caller
	Gone   bool   // deleted: its children are shown under its parent
	Recipe recipe.Recipe
}

// Place is a picture's position in the tree: rows from the top, columns from the root.
type Place struct {
	Node
	Row, Column int
	Parent      int // index of its place; -1: not in the tree
	How         string
	Step        int // at which a branch left its parent
	Named       []Difference
}

// Tree places pictures, given oldest first: each after its parent, the first child on the same row. Of several nodes
// with one key the last counts. Deleted pictures have no place.
func Tree(nodes []Node) []Place {
	t := tree{at: map[string]Node{}, children: map[string][]Node{}}
	for i, n := range nodes {
		if n.Key == "" {
			n.Key = fmt.Sprintf(" %d", i) // no recipe refers to it
		}
		if _, twice := t.at[n.Key]; !twice {
			t.order = append(t.order, n.Key)
		}
		t.at[n.Key] = n
	}
	for _, key := range t.order {
		if n := t.at[key]; !n.Gone {
			parent := t.parent(n)
			t.children[parent.Key] = append(t.children[parent.Key], n)
		}
	}
	for _, n := range t.children[""] {
		t.place(n, -1, 0)
		t.row++
	}
	return t.out
}

type tree struct {
	order    []string
	at       map[string]Node
	children map[string][]Node // by the parent's key; "": roots
	out      []Place
	row      int
}

// parent is the nearest ancestor that is not deleted.
func (t *tree) parent(n Node) Node {
	seen := map[string]bool{n.Key: true}
	for n.Recipe.Origin != nil {
		above, ok := t.at[n.Recipe.Origin.Trajectory]
		if !ok || seen[above.Key] {
			break
		}
		if !above.Gone {
			return above
		}
		seen[above.Key] = true
		n = above
	}
	return Node{}
}

func (t *tree) place(n Node, parent, column int) {
	p := Place{Node: n, Row: t.row, Column: column, Parent: parent}
	if o := n.Recipe.Origin; o != nil && parent >= 0 {
		p.How, p.Step = o.How, o.Step
		p.Named = Differences(t.out[parent].Recipe, n.Recipe)
	}
	i := len(t.out)
	t.out = append(t.out, p)
	for k, c := range t.children[n.Key] {
		if k > 0 {
			t.row++
		}
		t.place(c, i, column+1)
	}
}

// Difference is a parameter in which a picture differs from its parent.
type Difference struct {
	What    string // one of Names
	Was, Is string // "": not given, as for long texts
}

// Names are the values of Difference.What.
var Names = []string{"Prompt", "Negative prompt", "Guidance", "Interval", "Sampler", "Rescale", "Image CFG", "True CFG", "Eta", "Ancestral eta", "ControlNet", "Seed", "Model", "Mask", "Keep outside", "Stroke", "Graft", "Variation", "Size"}

// Differences lists those between two recipes, with the changes during the run, the most important first.
func Differences(was, is recipe.Recipe) (out []Difference) {
	branch := is.Origin != nil && is.Origin.How == Branched
	before, now := was.Ended(), is.Ended()
	text := func(what, a, b string) {
		if a != b {
			out = append(out, Difference{what, a, b})
		}
	}
	number := func(what string, a, b float32) { text(what, fmt.Sprintf("%g", a), fmt.Sprintf("%g", b)) }
	text("Prompt", before.Prompt, now.Prompt)
	text("Negative prompt", before.Negative, now.Negative)
	text("Guidance", guidance(before), guidance(now))
	text("Sampler", before.Sampler, now.Sampler)
	number("Rescale", before.Rescale, now.Rescale)
	number("Image CFG", before.ImageGuidance, now.ImageGuidance)
	number("True CFG", before.TrueGuidance, now.TrueGuidance)
	number("Eta", before.Eta, now.Eta)
	for _, c := range is.Changes {
		if branch && c.At < is.Origin.Step {
			continue
		}
		if len(c.Interval) == 2 {
			out = append(out, Difference{"Interval", "", fmt.Sprintf("%g\u2013%g", c.Interval[0], c.Interval[1])})
		}
		if c.EtaAncestral != nil {
			out = append(out, Difference{"Ancestral eta", "", fmt.Sprintf("%g", *c.EtaAncestral)})
		}
		for _, w := range c.Control {
			out = append(out, Difference{"ControlNet", "", fmt.Sprintf("%d: %g", w.Net+1, w.Weight)})
		}
		if c.Mask != nil {
			out = append(out, Difference{What: "Mask"})
		}
		if c.Keep != nil {
			out = append(out, Difference{"Keep outside", "", fmt.Sprintf("%g", *c.Keep)})
		}
		for range c.Strokes {
			out = append(out, Difference{What: "Stroke"})
		}
		for range c.Grafts {
			out = append(out, Difference{What: "Graft"})
		}
	}
	if branch {
		return out
	}
	text("Model", before.Model, now.Model)
	text("Size", fmt.Sprintf("%d x %d", before.Width, before.Height), fmt.Sprintf("%d x %d", now.Width, now.Height))
	if now.Variation != 0 {
		out = append(out, Difference{"Variation", "", fmt.Sprintf("%g", now.Variation)})
	} else if before.Seed != now.Seed {
		out = append(out, Difference{"Seed", "", fmt.Sprint(now.Seed)})
	}
	return out
}

func guidance(r recipe.Recipe) string {
	if len(r.Curve) == 0 {
		return fmt.Sprintf("%g", r.Guidance)
	}
	var all []string
	for _, v := range r.Curve {
		all = append(all, fmt.Sprintf("%g", v))
	}
	return strings.Join(all, ", ")
}

// Hows are the values of Place.How besides the modes of runs.
var Hows = []string{Branched, "variation", "seam", "upscale"}

// Branched is the How of a picture that left another's path at a step.
const Branched = "branch"

// Searched is the How of the seeds that a search did not prefer, on the timeline only.
const Searched = "search"

// Lane is a path that the timeline draws next to others: from the step at which it left its parent.
type Lane struct {
	Place
	From, Until, Of int
	Up              int // how many lanes above this one its parent's is; 0: it is the first
}

// Lanes are the paths related to the one of a key by branching, the first one on top; none if there are no branches.
func Lanes(nodes []Node, key string) []Lane {
	var branches []Node
	for _, n := range nodes {
		if o := n.Recipe.Origin; o != nil && o.How != Branched && o.How != Searched {
			n.Recipe.Origin = nil
		}
		branches = append(branches, n)
	}
	places := Tree(branches)
	root := slices.IndexFunc(places, func(p Place) bool { return p.Key == key })
	for root >= 0 && places[root].Parent >= 0 {
		root = places[root].Parent
	}
	if root < 0 {
		return nil
	}
	var out []Lane
	for i := root; i < len(places) && (i == root || places[i].Parent >= 0); i++ {
		p := places[i]
		l := Lane{Place: p, Up: (i - p.Parent) * min(i-root, 1), From: p.Step, Until: max(len(p.Recipe.Hashes)-1, p.Step), Of: max(len(p.Recipe.Hashes)-1, 1)}
		if u := p.Recipe.Unfinished; len(u) == 2 {
			l.Of = u[1]
		}
		out = append(out, l)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
