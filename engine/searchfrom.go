package engine

import (
	"context"
	"slices"
	"sync"
)

// leftOff is where a search of n runs goes on that was left at the given steps: the last step of each run, how many
// halvings are done, and the last step that any run has reached. A halving that was left half told is done again, as is
// the choice among finished pictures. What does not fit together is dropped: all begin anew.
func leftOff(from []SearchStep, n int) (runs []SearchStep, halved, reached int) {
	anew := make([]SearchStep, n)
	runs = make([]SearchStep, n)
	for _, s := range from {
		if s.Run < 0 || s.Run >= n {
			return anew, 0, 0
		}
		if s.Done() {
			s.Stopped = false
		}
		runs[s.Run] = s
		halved, reached = max(halved, s.Halvings), max(reached, s.Index)
	}
	halved = untold(runs, halved)
	left := n
	for h := range halved {
		if left = (left + 1) / 2; n-stoppedBy(runs, h+1) != left {
			return anew, 0, 0
		}
	}
	astray := func(s SearchStep) bool {
		return s.Halvings < 0 || s.Stopped && s.Halvings == 0 || !s.Stopped && s.Halvings != halved
	}
	if halved > len(halvings(n)) || slices.ContainsFunc(runs, astray) {
		return anew, 0, 0
	}
	return runs, halved, reached
}

// untold takes back the last halving where not all runs that took part in it were told. It returns how many are done.
func untold(runs []SearchStep, halved int) int {
	took := len(runs) - stoppedBy(runs, halved-1)
	if halved == 0 || count(runs, func(s SearchStep) bool { return s.Halvings == halved }) == took {
		return halved
	}
	for i := range runs {
		if runs[i].Halvings == halved {
			runs[i].Halvings, runs[i].Stopped = halved-1, false
		}
	}
	return halved - 1
}

// stoppedBy counts the runs that the first halvings stopped.
func stoppedBy(runs []SearchStep, halvings int) int {
	return count(runs, func(s SearchStep) bool { return s.Stopped && s.Halvings <= halvings })
}

func count(runs []SearchStep, is func(SearchStep) bool) (n int) {
	for _, s := range runs {
		if is(s) {
			n++
		}
	}
	return n
}

// shared hands one owner's changes to several runs: each is told the same before the same evaluation. What was said before
// step reached of an earlier start is among the request's changes.
func shared(live func(context.Context, int) ([]Change, error), reached int) func() func(context.Context, int) ([]Change, error) {
	if live == nil {
		return func() func(context.Context, int) ([]Change, error) { return nil }
	}
	var asking sync.Mutex // the runs may be computed beside each other
	var said [][]Change
	return func() func(context.Context, int) ([]Change, error) {
		k := 0
		return func(ctx context.Context, step int) ([]Change, error) {
			if step < reached {
				return nil, ctx.Err()
			}
			asking.Lock()
			defer asking.Unlock()
			if k == len(said) {
				changes, err := live(ctx, step)
				if err != nil {
					return nil, err
				}
				said = append(said, changes)
			}
			k++
			return said[k-1], nil
		}
	}
}
