package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// whole carries a search out and tells every step.
func whole(t *testing.T, m *Model, r Request, n int, from ...SearchStep) (all []SearchStep) {
	t.Helper()
	for s, err := range m.Search(context.Background(), r, n, from...) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// lastSteps are the last steps of each run, as they are saved: without pictures.
func lastSteps(steps []SearchStep, n int) []SearchStep {
	out := make([]SearchStep, n)
	for _, s := range steps {
		if was := out[s.Run]; !s.Scored {
			s.Score = was.Score
		}
		s.Pictures, s.view = nil, nil
		out[s.Run] = s
	}
	return slices.DeleteFunc(out, func(s SearchStep) bool { return s.State.Sampler.X == nil })
}

// endsOf tells where each run of a search ended.
func endsOf(steps []SearchStep, n int) []string {
	out := make([]string, n)
	for _, s := range steps {
		score := ""
		if s.Scored {
			score = fmt.Sprint(s.Score)
		}
		var pix []uint8
		if s.Pictures != nil {
			pix = s.Pictures[0].Pix
		}
		if s.Stopped || s.Pictures != nil {
			out[s.Run] = fmt.Sprint(s.Seed, s.Index, s.Stopped, score, s.X.SHA256(), s.Halvings, pix)
		}
	}
	return out
}

// A search that is left after any of its steps goes on from there: the same winner, the same picture, the same scores and
// the same steps of those that stop. No step is evaluated twice.
func TestSearchGoesOn(t *testing.T) {
	for _, c := range []struct {
		n, steps int
		sampler  string
	}{{8, 10, "DDIM"}, {5, 7, "Euler a"}, {6, 5, "DPM++ 2M"}, {4, 4, "Heun"}, {3, 1, "DDIM"}, {4, 2, "Euler a"}} {
		t.Run(fmt.Sprintf("best of %d in %d steps of %s", c.n, c.steps, c.sampler), func(t *testing.T) {
			m, net := searchModel(t)
			r := Request{Width: 8, Height: 8, Seed: 40, Steps: c.steps, Guidance: 1, ClassLabels: []int{1}, Sampler: c.sampler}
			all := whole(t, m, r, c.n)
			want, calls := endsOf(all, c.n), net.calls
			for cut := range all {
				net.calls = 0
				before := all[:cut]
				from := lastSteps(before, c.n)
				got := whole(t, m, r, c.n, from...)
				if last := got[len(got)-1]; last.Pictures == nil || last.Run != all[len(all)-1].Run {
					t.Fatalf("left after %d of %d: it ends with run %d", cut, len(all), last.Run)
				}
				if ends := endsOf(append(slices.Clone(before), got...), c.n); !slices.Equal(ends, want) {
					t.Fatalf("left after %d of %d:\n%s\n%s", cut, len(all), ends, want)
				}
				reached := 0
				for _, s := range from {
					reached += s.Index
				}
				if net.calls > calls-reached {
					t.Errorf("left after %d of %d: %d evaluations for %d of %d", cut, len(all), net.calls, calls-reached, calls)
				}
			}
		})
	}
}

// What was said before a search was left counts for the runs that had not heard it too, and is not asked for again.
func TestSearchGoesOnSteered(t *testing.T) {
	m, _ := searchModel(t)
	r := Request{Width: 8, Height: 8, Seed: 40, Steps: 8, Guidance: 2, ClassLabels: []int{1}, Sampler: "Euler a"}
	guidance := float32(4)
	live := func(asked *[]int) func(context.Context, int) ([]Change, error) {
		return func(_ context.Context, step int) ([]Change, error) {
			if *asked = append(*asked, step); step == 3 {
				return []Change{{Guidance: &guidance}}, nil
			}
			return nil, nil
		}
	}
	var first []int
	r.Live = live(&first)
	all := whole(t, m, r, 4)
	want := endsOf(all, 4)
	for cut := range all {
		from := lastSteps(all[:cut], 4)
		reached, again, asked := 0, r, []int(nil)
		for _, s := range from {
			reached = max(reached, s.Index)
		}
		if again.Live = live(&asked); reached > 3 {
			again.Changes = []Change{{At: 3, Guidance: &guidance}}
		}
		if ends := endsOf(append(slices.Clone(all[:cut]), whole(t, m, again, 4, from...)...), 4); !slices.Equal(ends, want) {
			t.Fatalf("left after %d: %s, want %s", cut, ends, want)
		}
		if len(asked) > 0 && asked[0] < reached {
			t.Errorf("left after %d: asked at step %d, which is done", cut, asked[0])
		}
	}
}

// Steps that do not fit together are not gone on from.
func TestSearchBeginsAnew(t *testing.T) {
	m, _ := searchModel(t)
	r := Request{Width: 8, Height: 8, Seed: 40, Steps: 10, Guidance: 1, ClassLabels: []int{1}, Sampler: "DDIM"}
	all := whole(t, m, r, 4)
	want := endsOf(all, 4)
	at := slices.IndexFunc(all, func(s SearchStep) bool { return s.Halvings == 2 })
	for name, spoil := range map[string]func([]SearchStep) []SearchStep{
		"one is missing":     func(s []SearchStep) []SearchStep { return s[1:] },
		"of a larger search": func(s []SearchStep) []SearchStep { s[3].Run = 9; return s },
		"none was stopped": func(s []SearchStep) []SearchStep {
			s[0].Stopped, s[1].Stopped, s[2].Stopped, s[3].Stopped = false, false, false, false
			return s
		},
		"all were stopped": func(s []SearchStep) []SearchStep {
			s[0].Stopped, s[1].Stopped, s[2].Stopped, s[3].Stopped = true, true, true, true
			return s
		},
		"too many halvings":     func(s []SearchStep) []SearchStep { s[0].Halvings = 77; return s },
		"a negative one":        func(s []SearchStep) []SearchStep { s[0].Halvings = -1; return s },
		"stopped at no halving": func(s []SearchStep) []SearchStep { s[0].Halvings, s[0].Stopped = 0, true; return s },
	} {
		got := whole(t, m, r, 4, spoil(lastSteps(all[:at], 4))...)
		if ends := endsOf(got, 4); !slices.Equal(ends, want) {
			t.Errorf("%s: %s, want %s", name, ends, want)
		}
	}
}
