package program

import (
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
)

// Every seed of a search with the model that ships, whose calls are joined, takes the steps that it takes alone, to the bit.
func TestSearchedSeedsAreTheirOwn(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	var rt lazyRuntime
	defer rt.close()
	f, err := models.Read("models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	m, err := rt.open(t.Context(), f, cli.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r := engine.Request{Prompt: "a red heart, flat emoji", Seed: 7, Steps: 6, Sampler: "Euler a"}
	type at struct {
		seed uint64
		step int
	}
	searched := map[at]string{}
	for s, err := range m.Search(t.Context(), r, 3) {
		if err != nil {
			t.Fatal(err)
		}
		searched[at{s.Seed, s.Index}] = s.X.SHA256()
	}
	if len(searched) < 12 {
		t.Errorf("%d steps of three seeds", len(searched))
	}
	for seed := range uint64(3) {
		alone := r
		alone.Seed += seed
		for s, err := range m.Generate(t.Context(), alone) {
			if err != nil {
				t.Fatal(err)
			}
			if x, ok := searched[at{alone.Seed, s.Index}]; ok && x != s.X.SHA256() {
				t.Errorf("step %d of seed %d is another alone", s.Index, alone.Seed)
			}
		}
	}
}
