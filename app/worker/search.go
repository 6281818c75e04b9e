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
	Search(ctx context.Context, r engine.Request, n int, from ...engine.SearchStep) iter.Seq2[engine.SearchStep, error]
}

// Contender is one seed of a search.
type Contender struct {
	engine.SearchStep               // the last one
	Steps             []engine.Step // up to there; the newest and every fifth have their State
}

// Searched: one of a search's seeds has another step, a score, or has stopped. Lead is the index of the best so far. With
// a seed's first step, Before are its steps of an earlier start.
type Searched struct {
	Run, Of, Lead int
	Step          engine.SearchStep
	Before        []engine.Step
}

// Searched notes it.
func (r *Run) Searched(e Searched) {
	if len(r.Grid) != e.Of || e.Step.Run == 0 && e.Step.Index == 0 { // another picture's begins
		r.Grid = make([]Contender, e.Of)
	}
	c := &r.Grid[e.Step.Run]
	if len(e.Before) > 0 {
		c.Steps = e.Before
	}
	c.SearchStep, r.lead = e.Step, e.Lead
	c.Steps = trajectory.Append(c.Steps, e.Step.Step)
}

// searcher chooses a job's seed; nil: it has one seed.
func searcher(g Generator, j *job.Job) Searcher {
	s, ok := g.(Searcher)
	if !ok || j.BestOf < 2 || j.Refiner.Dir != "" || !g.Facts().Verifier {
		return nil
	}
	return s
}

// seedNumber is the number of a seed among all that a run's pictures begin from, which names its steps in the journal: a
// picture has as many as its search has.
func seedNumber(j job.Job, picture, of int) int { return picture*max(j.BestOf, 1) + of }

// seedNumber is that of the seed whose steps the run shows.
func (r *Run) seedNumber() int {
	of := 0
	if len(r.Grid) > 0 {
		of = r.lead
	}
	return seedNumber(r.Job, r.Index, of)
}

// contender is one seed of a search under way.
type contender struct {
	engine.SearchStep // the last one
	made
	recalled bool // and that of an earlier start
}

// contest is a search under way.
type contest struct {
	w       *Worker
	o       Order
	picture int
	all     []contender
	past    []Contender // of an earlier start, until its steps are recalled
	leader  int         // -1: none yet
}

// search makes the i-th picture of an order as the best of several seeds. Those that stopped are results too, as far as
// they came; the best comes last. A search that is stopped or fails gives what there is of all.
func (w *Worker) search(ctx context.Context, o Order, g Generator, s Searcher, i int, j *job.Job) (*rest, error) {
	n := j.BestOf
	j.Request.Seed += uint64(i) * uint64(n-1) // Number has counted i
	c := w.contest(o, i, n)
	var failed error
	for step, err := range s.Search(ctx, j.Request, n, c.goesOn(&j.Request)...) {
		if failed = err; err != nil {
			break
		}
		c.take(step)
	}
	all := c.all
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

func (w *Worker) contest(o Order, picture, n int) *contest {
	c := &contest{w: w, o: o, picture: picture, all: make([]contender, n), leader: -1}
	for k := range c.all {
		c.all[k].steps = o.recorder(seedNumber(o.Job, picture, k), keptSteps/n)
	}
	if picture == o.Run.Index && len(o.Grid) == n {
		c.past = slices.Clone(o.Grid)
	}
	return c
}

// goesOn is what a search goes on from. Its request gets what was changed on the way: as much as the run that is furthest
// was told.
func (c *contest) goesOn(q *engine.Request) (from []engine.SearchStep) {
	var furthest []engine.Step
	for k, p := range c.past {
		if len(p.Steps) == 0 {
			continue
		}
		last := p.SearchStep
		last.Step, last.Run = p.Steps[len(p.Steps)-1], k
		if from = append(from, last); len(furthest) == 0 || last.Index > furthest[len(furthest)-1].Index {
			furthest = p.Steps
		}
	}
	if len(furthest) > 0 {
		resumed(q, furthest)
		q.Resume = nil // each has its own
	}
	return from
}

// take notes a step, which is reported again with a score, and tells it.
func (c *contest) take(s engine.SearchStep) {
	if p := c.past; p != nil && len(p[s.Run].Steps) > 0 {
		if last := p[s.Run].Steps; last[len(last)-1].Index == s.Index {
			c.recall(s.Step)
		} else {
			c.past = nil // it has begun anew
		}
	}
	of := &c.all[s.Run]
	if of.recalled {
		of.recalled, s.Step = false, as(of.last, s.Step)
	}
	of.note(s)
	number := seedNumber(c.o.Job, c.picture, s.Run)
	if c.o.Log != nil {
		c.o.Log.Searched(c.o.Run.ID, number, s)
	}
	c.tell(s, nil)
}

// recall takes the steps of an earlier start, and tells them.
func (c *contest) recall(first engine.Step) {
	past := c.past
	c.past = nil
	before := make([][]engine.Step, len(past))
	for k, p := range past {
		if len(p.Steps) == 0 {
			continue
		}
		of := &c.all[k]
		before[k] = recalled(p.Steps, first, of.steps.Past)
		last := len(p.Steps) - 1
		before[k][last].State = p.Steps[last].State // of one that was stopped it does not come again
		p.Run = k
		for _, b := range before[k] {
			p.Step = b
			of.note(p.SearchStep)
		}
		of.recalled, of.began = true, &c.o.Job.Recipe
	}
	for k, b := range before {
		if len(b) > 0 {
			c.tell(c.all[k].SearchStep, b)
		}
	}
}

// note takes a step.
func (c *contender) note(s engine.SearchStep) {
	c.SearchStep, c.last = s, s.Step
	c.trail.Add(s.Step)
	c.steps.Add(s.Step)
	if s.Pictures != nil {
		c.picture = s.Pictures[0]
	}
}

// tell tells a step of a seed, and of the best one so far as the run's own. before are the seed's steps of an earlier start.
func (c *contest) tell(s engine.SearchStep, before []engine.Step) {
	first := ahead(len(c.all), func(i int) engine.SearchStep { return c.all[i].SearchStep })
	c.w.send(Searched{c.o.Run.ID, len(c.all), first, s, before})
	if first != c.leader {
		c.leader = first
		lead := &c.all[first]
		c.w.send(Stepped{c.o.Run.ID, c.picture, lead.Step, slices.Collect(lead.steps.All())})
	} else if s.Run == first {
		c.w.send(Stepped{c.o.Run.ID, c.picture, s.Step, nil})
	}
}

// ahead is the best of the remaining seeds.
func ahead(n int, of func(int) engine.SearchStep) int {
	best := -1
	for i := range n {
		if s := of(i); !s.Stopped && (best < 0 || s.Score > of(best).Score) {
			best = i
		}
	}
	return max(best, 0)
}

// contended tells the results of the seeds of a search.
func (w *Worker) contended(o Order, g Generator, i int, j job.Job, all []contender) {
	for k := range all {
		c, own := &all[k], j
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
