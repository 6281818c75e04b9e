package app

import (
	"testing"

	"nirvana/app/lineage"
)

// A branch, a variation and an enlargement are known by what they came from, in the recipe, on the timeline and in the tree;
// deleting a parent keeps its children.
func TestWhatCameFromWhat(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 0, 1)
	c.Set(func(t *Settings) { t.Sampler = "DDIM" }) // of guidance and eta the tiny model follows eta alone
	c.Generate()
	first := finished(t, c)
	c.Run().Show(6)
	c.Set(func(t *Settings) { t.Eta = 0.5 })
	c.Branch()
	branch := finished(t, c)
	if o := branch.Origin; o == nil || o.Trajectory != first.Trajectory || o.Step != 6 || o.How != lineage.Branched || first.Origin != nil || first.Trajectory == "" {
		t.Fatalf("the branch comes from %+v", o)
	}
	if l := c.Lanes(); len(l) != 2 || l[1].From != 6 || l[1].Key != branch.Trajectory || l[1].Named[0].Is != "0.5" {
		t.Errorf("the timeline has %+v", l)
	}
	c.Vary(c.Tray.Candidates[0], Strong)
	vary := finished(t, c)
	c.Tray.Select(1)
	c.Tray.Keep()
	c.Upscale(2)
	large := finished(t, c)
	c.Close()
	c = drawn(t, home, 0, 1)
	defer c.Close()
	tree := func() (out []lineage.Place) {
		places, _, err := c.Lineage()()
		if err != nil {
			t.Fatal(err)
		}
		return places
	}
	keys := func() (out []string) {
		for _, p := range tree() {
			out = append(out, p.Key)
		}
		return out
	}
	all := tree()
	if len(all) != 4 || all[0].Key != first.Trajectory || all[1].Key != branch.Trajectory || all[1].How != lineage.Branched ||
		all[2].Key != large.Trajectory || all[2].Parent != 1 || all[2].How != "upscale" || all[3].Key != vary.Trajectory || all[3].Parent != 0 || all[3].How != "variation" {
		t.Fatalf("%+v", all)
	}
	entries, err := c.History.Of(branch.Trajectory)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	c.DeletePictures(entries)
	c.until(func() bool { return len(tree()) == 3 })
	if got := tree(); len(got) != 3 || got[2].Key != large.Trajectory || got[2].Parent != 0 {
		t.Errorf("with the branch deleted: %v", keys())
	}
}
