package worker

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// Searcher chooses among seeds, as Model.Search does.
type Searcher interface {
	Search(ctx context.Context, r engine.Request, n int) iter.Seq2[engine.SearchStep, error]
}

// Searched: one of a search's seeds has another step, a score, or has stopped. Lead is the index of the best so far.
type Searched struct {
	Run, Of, Lead int
	Step          engine.SearchStep
}

// Searched notes it.
func (r *Run) Searched(e Searched) {
	if len(r.Grid) != e.Of || e.Step.Run == 0 && e.Step.Index == 0 { // another picture's begins
		r.Grid = make([]engine.SearchStep, e.Of)
	}
	r.Grid[e.Step.Run], r.lead = e.Step, e.Lead
}

// searcher chooses a job's seed; nil: it has one seed.
func searcher(g Generator, j *job.Job) Searcher {
	s, ok := g.(Searcher)
	if !ok || j.BestOf < 2 || j.Refiner.Dir != "" || !g.Facts().Verifier {
		return nil
	}
	return s
}

// contender is one seed of a search.
type contender struct {
	engine.SearchStep // the last one
	made
	steps []engine.Step
}

// search generates the i-th picture of an order as the best of several seeds. Unfinished ones are results too; the best
// is the last. A search that is stopped or fails returns the unfinished pictures of all.
func (w *Worker) search(ctx context.Context, o Order, g Generator, s Searcher, i int, j *job.Job) error {
	n := j.BestOf
	j.Request.Seed += uint64(i) * uint64(n-1) // Number has counted i
	all, leader := make([]contender, n), 0
	var failed error
	for step, err := range s.Search(ctx, j.Request, n) {
		if failed = err; err != nil {
			break
		}
		c := &all[step.Run]
		c.take(step)
		first := ahead(all)
		w.send(Searched{o.Run.ID, n, first, step})
		if first != leader {
			leader, c = first, &all[first]
			w.send(Stepped{o.Run.ID, i, c.Step, slices.Clone(c.steps)})
		} else if step.Run == leader {
			w.send(Stepped{o.Run.ID, i, step.Step, nil})
		}
	}
	slices.SortStableFunc(all, func(a, b contender) int { return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Score, b.Score)) })
	for k := range all {
		w.contended(o, g, i, *j, &all[k])
	}
	return errors.Join(failed, ctx.Err())
}

// take notes a step, which is reported again with a score.
func (c *contender) take(s engine.SearchStep) {
	score, scored := c.Score, c.Scored
	if c.SearchStep = s; !s.Scored {
		c.Score, c.Scored = score, scored
	}
	c.steps = trajectory.Append(c.steps, s.Step)
	c.trail.Add(s.Step)
	if c.last = s.Step; s.Pictures != nil {
		c.picture = s.Pictures[0]
	}
}

// ahead is the best of the remaining seeds.
func ahead(all []contender) int {
	best := -1
	for i, c := range all {
		if !c.Stopped && (best < 0 || c.Score > all[best].Score) {
			best = i
		}
	}
	return max(best, 0)
}

// contended sends the result of one seed, with its score in the recipe.
func (w *Worker) contended(o Order, g Generator, i int, j job.Job, c *contender) {
	if len(c.steps) == 0 {
		return
	}
	m := c.made
	m.steps, m.dropped = &trajectory.Recorder{}, c.picture == nil
	for _, s := range c.steps {
		m.steps.Add(s)
	}
	partial := m.picture == nil
	if partial {
		m.picture = unfinished(w.base, g, m.last, j.Request)
	}
	if m.picture == nil {
		return
	}
	bestOf(&j.Recipe, j.BestOf, c.SearchStep)
	j.Request.Seed, j.BestOf = c.Seed, 0
	w.finish(o, g, i, &j, m, partial)
}

// bestOf records a search in a recipe; the seed alone reproduces the picture.
func bestOf(r *recipe.Recipe, n int, s engine.SearchStep) {
	r.Seed, r.BestOf, r.Score = s.Seed, n, s.Score
}
