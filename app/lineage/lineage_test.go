package lineage

import (
	"slices"
	"testing"

	"nirvana/app/recipe"
	"nirvana/engine"
)

func from(key, parent, how string, step int, r recipe.Recipe) Node {
	if parent != "" {
		r.Origin = &recipe.Origin{Trajectory: parent, How: how, Step: step}
	}
	return Node{Key: key, ID: int64(len(key)), Recipe: r}
}

func told(r recipe.Recipe, at int, c engine.Change) recipe.Recipe {
	c.At = at
	r.Changes = append(slices.Clone(r.Changes), recipe.Change{Change: c})
	return r
}

func places(list []Place) (out []string) {
	for _, p := range list {
		out = append(out, string(rune('0'+p.Row))+string(rune('0'+p.Column))+p.Key)
	}
	return out
}

// A picture is placed after its parent, the first child on its row; a deleted one has no place, and its children are
// placed after its parent.
func TestTree(t *testing.T) {
	first := recipe.Recipe{Prompt: "a", Guidance: 7.5, Seed: 1}
	nodes := []Node{from("a", "", "", 0, first), from("b", "a", "inpaint", 0, first), from("c", "a", Branched, 9, first), from("d", "c", "upscale", 0, first),
		from("e", "gone for good", "inpaint", 0, first), from("f", "b", "outpaint", 0, first)}
	if got, want := places(Tree(nodes)), []string{"00a", "01b", "02f", "11c", "12d", "20e"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	nodes[1].Gone, nodes[2].Gone = true, true
	if got, want := places(Tree(nodes)), []string{"00a", "01d", "11f", "20e"}; !slices.Equal(got, want) {
		t.Errorf("with two deleted %v, want %v", got, want)
	}
	nodes[0].Gone = true
	if got, want := places(Tree(nodes)), []string{"00d", "10e", "20f"}; !slices.Equal(got, want) {
		t.Errorf("with all above deleted %v, want %v", got, want)
	}
	round := []Node{from("x", "y", "inpaint", 0, first), from("y", "x", "inpaint", 0, first)}
	Tree(round) // a cycle, possible in a foreign file's recipes: Tree ends
	round[0].Gone = true
	if got := places(Tree(round)); !slices.Equal(got, []string{"00y"}) {
		t.Errorf("of a ring one of which is deleted: %v", got)
	}
}

// Differences have the old value, those of branches the changes during the run.
func TestDifferences(t *testing.T) {
	four, blue := float32(4), "a blue kite"
	was := recipe.Recipe{Prompt: "a kite", Guidance: 7.5, Seed: 1, Sampler: "Euler"}
	branch := told(was, 9, engine.Change{Guidance: &four})
	branch.Origin = &recipe.Origin{How: Branched, Step: 9}
	if d := Differences(was, branch); len(d) != 1 || d[0] != (Difference{"Guidance", "7.5", "4"}) {
		t.Errorf("%+v", d)
	}
	further := told(branch, 12, engine.Change{Prompt: &blue})
	further.Origin = &recipe.Origin{How: Branched, Step: 12}
	if d := Differences(branch, further); len(d) != 1 || d[0].What != "Prompt" || d[0].Is != blue {
		t.Errorf("%+v", d)
	}
	other := was
	other.Seed, other.Origin = 5, &recipe.Origin{How: "inpaint"}
	if d := Differences(was, other); len(d) != 1 || d[0].What != "Seed" || d[0].Is != "5" {
		t.Errorf("%+v", d)
	}
	for _, d := range Differences(recipe.Recipe{}, recipe.Recipe{Prompt: "x", Negative: "y", Guidance: 2, Curve: []float32{2, 3}, Sampler: "DDIM", Rescale: 1, ImageGuidance: 2, TrueGuidance: 3, Shared: engine.Shared{Eta: 1}, Model: "m", Width: 8, Variation: 0.2}) {
		if !slices.Contains(Names, d.What) {
			t.Errorf("%s has no name", d.What)
		}
	}
}

// The timeline has the branches of the path that it shows, and no others, each up to its last step.
func TestLanes(t *testing.T) {
	long := recipe.Recipe{Hashes: make([]string, 26)}
	cut := recipe.Recipe{Hashes: make([]string, 13), Unfinished: []int{12, 25}}
	nodes := []Node{from("a", "", "", 0, long), from("b", "a", Branched, 9, long), from("z", "", "", 0, long), from("c", "b", Branched, 11, cut), from("d", "a", Branched, 3, long), from("v", "a", "variation", 0, long)}
	for _, shown := range []string{"a", "b", "c", "d"} {
		all := Lanes(nodes, shown)
		var got []string
		for _, l := range all {
			got = append(got, l.Key)
		}
		if !slices.Equal(got, []string{"a", "b", "c", "d"}) {
			t.Fatalf("with %s shown: %v", shown, got)
		}
		if c := all[2]; c.From != 11 || c.Until != 12 || c.Of != 25 || c.Up != 1 || all[3].Up != 3 || all[0].Up != 0 || all[3].From != 3 {
			t.Errorf("%+v", all)
		}
	}
	for _, alone := range []string{"z", "v", "nobody"} {
		if all := Lanes(nodes, alone); all != nil {
			t.Errorf("%s has %d lanes", alone, len(all))
		}
	}
}
