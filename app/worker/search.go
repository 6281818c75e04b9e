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

// search makes the i-th picture of an order as the best of several seeds. Those that stopped are results too, as far as
// they came; the best comes last. A search that is stopped or fails gives what there is of all.
func (w *Worker) search(ctx context.Context, o Order, g Generator, s Searcher, i int, j *job.Job) (*rest, error) {
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
	all = slices.DeleteFunc(all, func(c contender) bool { return c.picture == nil && !c.shows() })
	if err := errors.Join(failed, ctx.Err()); err != nil && len(all) > 0 {
		lead := *j
		w.counted(g, &lead, &all[len(all)-1])
		return &rest{lead.Recipe, func() { w.contended(o, g, i, *j, all) }}, err
	} else if err != nil {
		return nil, err
	}
	w.settled()
	w.contended(o, g, i, *j, all)
	return nil, nil
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

// contended tells the results of the seeds of a search.
func (w *Worker) contended(o Order, g Generator, i int, j job.Job, all []contender) {
	for k := range all {
		c, own := &all[k], j
		c.made.steps = &trajectory.Recorder{}
		for _, s := range c.steps {
			c.made.steps.Add(s)
		}
		w.counted(g, &own, c)
		if c.partial {
			w.makeUnfinished(o, g, i, &own, c.made)
		} else {
			w.finish(o, i, &own, c.made)
		}
	}
}

// counted has a job's recipe tell what one seed came to, with its score.
func (w *Worker) counted(g Generator, j *job.Job, c *contender) {
	w.recount(g, j, &c.made)
	c.dropped = c.partial
	bestOf(&j.Recipe, j.BestOf, c.SearchStep)
	j.Request.Seed, j.BestOf = c.Seed, 0
}

// bestOf records a search in a recipe; the seed alone reproduces the picture.
func bestOf(r *recipe.Recipe, n int, s engine.SearchStep) {
	r.Seed, r.BestOf, r.Score = s.Seed, n, s.Score
}
