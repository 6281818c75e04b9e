package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

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
	// Halvings are those that the run has taken part in.
	Halvings int
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
//
// from are the last steps of the runs of a search that was left: it goes on from there, and comes to what it would have
// come to. The request has the changes until then, as with Resume. Runs that were stopped are not yielded again, the
// others' first steps are. It begins anew where the steps do not fit together.
func (m *Model) Search(ctx context.Context, r Request, n int, from ...SearchStep) iter.Seq2[SearchStep, error] {
	return func(yield func(SearchStep, error) bool) {
		s, err := m.newSearch(ctx, r, n, from)
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

func (m *Model) newSearch(ctx context.Context, r Request, n int, from []SearchStep) (*search, error) {
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
	runs, halved, reached := leftOff(from, n)
	s.cuts = s.cuts[halved:]
	steering := shared(r.Live, reached)
	generate, pull := m.runs(r)
	for i, last := range runs {
		last.Run, last.Seed = i, r.Seed+uint64(i)
		one := r
		if len(r.Seeds) == 1 {
			last.Seed = r.Seeds[0] + uint64(i)
			one.Seeds = []uint64{last.Seed}
		}
		if last.Stopped {
			continue
		}
		one.Live, one.Seed = steering(), last.Seed
		if state := last.State; state.Sampler.X != nil {
			one.Resume = &state
		}
		last.Step = Step{Index: last.Index}
		s.alive = append(s.alive, &contender{last, pull(ctx, generate, one)})
	}
	s.sort() // by the last halving's scores
	return s, nil
}

// runs are how a search's runs are computed, and taken.
func (m *Model) runs(r Request) (Generator, func(context.Context, Generator, Request) Puller) {
	if m.join == nil || r.Draft {
		return m.Generate, m.pull
	}
	net := *m.net
	joint := &Model{facts: m.facts, scheduler: m.scheduler, family: m.family, traits: m.traits, config: m.config, net: &net, text: m.text, vae: m.vae, control: m.control, oneCall: m.oneCall}
	var pull func(context.Context, Generator, Request) Puller
	net.Graph, pull = m.join(m.net.Graph)
	return joint.Generate, pull
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
		turn := s.turn()
		for _, c := range turn {
			if c.X.Data != nil { // the first steps, which read the same prompt, are taken in turn
				c.Start()
			}
		}
		for _, c := range turn {
			if err := c.advance(); err != nil {
				return err
			}
			if c.Pictures != nil {
				continue
			}
			if c.Index > 0 && !s.due(c) {
				c.Start()
			}
			if !yield(c.SearchStep, nil) {
				return nil
			}
		}
		switch {
		case len(turn) > 0:
		case s.finished():
			return s.finish(ctx, yield)
		default:
			if left, err := s.halve(ctx, yield); err != nil || left {
				return err
			}
			s.cuts = s.cuts[1:]
		}
	}
}

// turn are the runs that take the next step: those that are furthest behind. None where all wait for the next halving,
// or are finished.
func (s *search) turn() (out []*contender) {
	for _, c := range s.alive {
		if c.Pictures != nil || s.due(c) {
			continue
		}
		if len(out) > 0 && c.position() < out[0].position() {
			out = nil
		}
		if len(out) == 0 || c.position() == out[0].position() {
			out = append(out, c)
		}
	}
	return out
}

// position orders runs by how far they are.
func (c *contender) position() int {
	if c.X.Data == nil { // not begun
		return -1
	}
	return c.Index
}

// advance takes a run's next step.
func (c *contender) advance() error {
	step, err, more := c.Next()
	if err != nil {
		return err
	}
	if !more {
		return fault.Computing.Errorf("the run of seed %d ended without a picture: check the model in the Model menu", c.Seed)
	}
	if step.Index != c.Index {
		c.Scored = false
	}
	c.Step = step
	return nil
}

// finished reports whether all runs have their pictures.
func (s *search) finished() bool {
	return !slices.ContainsFunc(s.alive, func(c *contender) bool { return c.Pictures == nil })
}

// due reports whether a run's steps before the next halving are done.
func (s *search) due(c *contender) bool {
	return len(s.cuts) > 0 && !c.Done() && c.X0.Data != nil && float64(c.Index) >= math.Max(1, math.Round(s.cuts[0]*float64(c.Of)))
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
		c.Halvings++
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
	slices.SortFunc(s.alive, func(a, b *contender) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Run, b.Run))
	})
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
