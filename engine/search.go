package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"nirvana/engine/fault"
)

// MaxSearch is the largest number of seeds that one search starts from.
const MaxSearch = 64

// SearchStep is yielded by Search: a step of one of its runs, or the end of one.
type SearchStep struct {
	Step
	Run  int    // index of the run, 0 to n-1
	Seed uint64 // the run's: the request's Seed + Run
	// Score is the verifier's, of the predicted x_0 or, with Pictures, of the picture; valid where Scored is set.
	Score  float32
	Scored bool
	// Stopped is set where the run ends because others score higher. Its State resumes it.
	Stopped bool
}

// firstHalving is the share of the steps after which the weaker half of the runs stops first, nextHalving the share
// between two halvings.
const firstHalving, nextHalving = 0.2, 0.16

// Search searches over noises (Ma et al., "Inference-time scaling for diffusion models beyond scaling denoising
// steps", 2025) by successive halving: n runs start from the seeds Seed, Seed+1, ...; after some steps the verifier
// scores the predicted x_0 of each and the weaker half stops, until one is left, whose picture comes last. The runs
// take turns, a step each, or are computed beside each other (Parts.Pull); each is bit-identical to Generate's run of the
// same seed. It fails where the model has no verifier (Facts.Verifier), and for requests of several pictures.
func (m *Model) Search(ctx context.Context, r Request, n int) iter.Seq2[SearchStep, error] {
	return func(yield func(SearchStep, error) bool) {
		s, err := m.newSearch(ctx, r, n)
		if err != nil {
			yield(SearchStep{}, err)
			return
		}
		defer s.stop()
		if err := s.walk(ctx, yield); err != nil {
			yield(SearchStep{}, err)
		}
	}
}

// search is one Search under way.
type search struct {
	model   *Model // with the verifier
	request Request
	alive   []*contender
	cuts    []float64 // shares of the steps, rising: a halving at each
}

// contender is one of a search's runs.
type contender struct {
	SearchStep // the last one
	Puller
}

func (m *Model) newSearch(ctx context.Context, r Request, n int) (*search, error) {
	switch {
	case m.verifier == nil:
		_, err := m.Score(ctx, r)
		return nil, err
	case n < 1 || n > MaxSearch:
		return nil, fault.Settings.Errorf("the best of %d pictures is not possible: use 1 to %d", n, MaxSearch)
	case r.pictures() != 1 || r.Resume != nil || r.KeepLatents:
		return nil, fault.Settings.Errorf("a search makes one picture from its start to its end: ask for one at a time")
	}
	// Early and DeepCache are for a single run; here several take turns.
	r.Early, r.DeepCache = false, 0
	s := &search{model: m, request: r, cuts: halvings(n)}
	steering := shared(r.Live)
	for i := range n {
		one := r
		one.Live = steering()
		one.Seed = r.Seed + uint64(i)
		if len(r.Seeds) == 1 {
			one.Seeds = []uint64{r.Seeds[0] + uint64(i)}
			one.Seed = one.Seeds[0]
		}
		s.alive = append(s.alive, &contender{SearchStep{Run: i, Seed: one.Seed}, m.pull(ctx, m.Generate, one)})
	}
	return s, nil
}

// shared hands one owner's changes to several runs: each is told the same before its k-th evaluation.
func shared(live func(context.Context, int) ([]Change, error)) func() func(context.Context, int) ([]Change, error) {
	if live == nil {
		return func() func(context.Context, int) ([]Change, error) { return nil }
	}
	var asking sync.Mutex // the runs may be computed beside each other
	var said [][]Change
	return func() func(context.Context, int) ([]Change, error) {
		k := 0
		return func(ctx context.Context, step int) ([]Change, error) {
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

// halvings are the shares of the steps after which half of n runs stop, until one is left.
func halvings(n int) []float64 {
	var cuts []float64
	for share := firstHalving; n > 1; n = (n + 1) / 2 {
		cuts = append(cuts, min(share, 0.9))
		share += nextHalving
	}
	return cuts
}

func (s *search) stop() {
	for _, c := range s.alive {
		c.Stop()
	}
}

// walk lets the runs take turns until the last one has its picture.
func (s *search) walk(ctx context.Context, yield func(SearchStep, error) bool) error {
	for {
		for _, c := range s.alive {
			if c.X.Data != nil { // the first steps, which read the same prompt, are taken in turn
				c.Start()
			}
		}
		for _, c := range s.alive {
			step, err, more := c.Next()
			if err != nil || !more {
				return err
			}
			if c.Step, c.Scored = step, false; c.Pictures != nil {
				continue
			}
			if c.Index > 0 && !s.due(c) {
				c.Start()
			}
			if !yield(c.SearchStep, nil) {
				return nil
			}
		}
		if s.alive[0].Pictures != nil {
			return s.finish(ctx, yield)
		}
		for len(s.cuts) > 0 && s.due(s.alive[0]) {
			if left, err := s.halve(ctx, yield); err != nil || left {
				return err
			}
			s.cuts = s.cuts[1:]
		}
	}
}

// due reports whether a run's steps before the next halving are done.
func (s *search) due(c *contender) bool {
	return len(s.cuts) > 0 && c.X0.Data != nil && float64(c.Index) >= math.Max(1, math.Round(s.cuts[0]*float64(c.Of)))
}

// halve scores the runs and stops the weaker half; true where the caller left the loop.
func (s *search) halve(ctx context.Context, yield func(SearchStep, error) bool) (left bool, err error) {
	for _, c := range s.alive {
		if c.Scored {
			continue // two halvings after one step
		}
		if c.Score, err = s.score(ctx, c); err != nil {
			return false, err
		}
		c.Scored = true
	}
	s.sort()
	keep := (len(s.alive) + 1) / 2
	for i, c := range s.alive {
		if c.Stopped = i >= keep; c.Stopped {
			c.Stop()
		}
		if !yield(c.SearchStep, nil) {
			return true, nil
		}
	}
	s.alive = s.alive[:keep]
	return false, nil
}

// finish yields the finished pictures, the best one last: several where there were too few steps for all halvings.
func (s *search) finish(ctx context.Context, yield func(SearchStep, error) bool) error {
	for _, c := range s.alive {
		scores, err := s.model.Score(ctx, s.request, c.Pictures[0])
		if err != nil {
			return err
		}
		c.Score, c.Scored = scores[0], true
	}
	s.sort()
	for i, c := range slices.Backward(s.alive) {
		if c.Stopped = i > 0; !yield(c.SearchStep, nil) {
			return nil
		}
	}
	return nil
}

// sort puts the best run first.
func (s *search) sort() {
	slices.SortStableFunc(s.alive, func(a, b *contender) int { return cmp.Compare(b.Score, a.Score) })
}

// score scores what the run predicts its picture to be.
func (s *search) score(ctx context.Context, c *contender) (float32, error) {
	img, err := c.view.tiling.around(s.model.vae).DecodeCoarsely(ctx, c.view.Unpack(c.X0), s.model.verifier.side, nil)
	if err != nil {
		return 0, fmt.Errorf("looking at the picture of seed %d: %w", c.Seed, err)
	}
	scores, err := s.model.Score(ctx, s.request, img)
	if err != nil {
		return 0, err
	}
	return scores[0], nil
}
