package worker

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// execute is a run from beginning to end.
func (w *Worker) execute(ctx context.Context, o Order) {
	var g Generator
	var rest *rest
	err := fault.Guarded(func() (err error) {
		if o.Job.Enlarge != nil {
			g, rest, err = w.enlarge(ctx, o)
			return err
		}
		g, err = w.need(ctx, o.Job.Model)
		for i := o.Run.Index; err == nil && i < o.Run.Count; i++ {
			if err = ctx.Err(); err == nil {
				rest, err = w.picture(ctx, o, g, i)
			}
		}
		return err
	})
	e := Ended{Run: o.Run.ID, Stopped: err != nil && ctx.Err() != nil, Err: err} // after its last picture there is nothing to stop
	if rest != nil {
		e.Unfinished = &rest.recipe
	}
	if g != nil && err == nil { // a failure is reported already
		e.Notices = noticed(g)
	}
	if fault.Of(err) == fault.Replaced {
		w.letGo()
	}
	w.send(e)
	if rest != nil {
		w.afterwards(func() {
			defer w.send(Settled{o.Run.ID})
			rest.make()
		})
	}
}

// picture makes the i-th candidate of an order. Where it ends before its last step, rest is what it has come to.
func (w *Worker) picture(ctx context.Context, o Order, g Generator, i int) (*rest, error) {
	if err := o.Canvas.Fits(); err != nil { // before it is generated
		return nil, err
	}
	j, err := prepared(ctx, &o.Job)
	if err != nil {
		return nil, err
	}
	j.Suit(g.Facts())
	whole := j
	j.Number(i)
	named(&j, g.Facts())
	parents := parentsOf(j.Recipe)
	searches := searcher(g, &j)
	j.Request.Report = w.reporting(o.Run.ID)
	j.Request.Live = listen(o.Words, parents, w.looking(g), searches == nil && j.Refiner.Dir == "")
	if searches != nil {
		return w.search(ctx, o, g, searches, i, &j)
	}
	var began *recipe.Recipe
	if n := len(o.Past); n > 0 && i == o.Run.Index && j.Refiner.Dir == "" {
		resumed(&j.Request, o.Past)
		began = &o.Job.Recipe
	}
	m, failed := w.denoise(ctx, o, g, i, &j, whole)
	m.parents, m.began = parents, began
	if m.picture == nil && ctx.Err() == nil && failed == nil {
		failed = fault.Computing.Errorf("%s ended without a picture: check the model in the Model menu", j.Model.Name)
	}
	var later *rest
	switch {
	case m.picture != nil:
		w.settled() // a run that was stopped and goes on has its unfinished picture first
		w.recount(g, &j, &m)
		w.finish(o, i, &j, m)
		return nil, failed
	case m.shows():
		w.recount(g, &j, &m)
		later = &rest{j.Recipe, func() { w.makeUnfinished(o, g, i, &j, m) }}
	}
	return later, errors.Join(failed, ctx.Err())
}

// named finds the ControlNets of a job in the model by their names: when it was asked for, the model may have been open without
// them.
func named(j *job.Job, f engine.Facts) {
	j.Request.Control = slices.Clone(j.Request.Control)
	for i := range j.Request.Control {
		if i >= len(j.Nets) || j.Nets[i] == "" {
			continue
		}
		if at := slices.Index(f.ControlNames, j.Nets[i]); at >= 0 {
			j.Request.Control[i].Net = at
		}
	}
}

// parentsOf are the recipes of the other runs that a recipe's changes use steps of, by the hashes of their x_t.
func parentsOf(r recipe.Recipe) map[string]*recipe.Recipe {
	out := map[string]*recipe.Recipe{}
	for _, s := range r.Sources() {
		if s.Parent != nil {
			out[s.X] = s.Parent
		}
	}
	return out
}

// made is the result of a picture's steps.
type made struct {
	picture *image.RGBA // nil: it was stopped before
	last    engine.Step
	trail   recipe.Trail
	steps   *trajectory.Recorder
	parents map[string]*recipe.Recipe // of what was grafted or kept, by the hash of its x_t
	began   *recipe.Recipe            // with which the run began that it continues; nil: none
	script  []engine.Change           // what the run was to be told, also after the step that it has come to
	partial bool                      // it was stopped
	dropped bool                      // a search came to no end of it: the history does without
}

// denoise generates the i-th picture; whole is the order's job. Where the run is to go back, it begins again from the newest
// state before.
func (w *Worker) denoise(ctx context.Context, o Order, g Generator, i int, j *job.Job, whole job.Job) (m made, _ error) {
	m.steps = o.recorder(seedNumber(o.Job, i, 0), keptSteps)
	script, from := j.Request, -1
	for {
		err := w.pass(ctx, o, g, i, j, whole, &m, from)
		var back backTo
		if !errors.As(err, &back) {
			return m, err
		}
		if from = back.step; !m.goBack(o, i, from, &script, &j.Request) {
			return m, errLostState
		}
		w.send(Rewound{o.Run.ID, i, m.last})
	}
}

// pass makes the i-th picture, or what of it follows step from, which is told again with its state.
func (w *Worker) pass(ctx context.Context, o Order, g Generator, i int, j *job.Job, whole job.Job, m *made, from int) error {
	waiting, seed := w.expect(g, o, whole, i), seedNumber(o.Job, i, 0)
	for step, err := range w.steps(ctx, g, j) {
		if err != nil {
			return err
		}
		if step.Index < from {
			continue
		}
		var before []engine.Step
		if j.Request.Resume != nil && m.trail.Hashes == nil {
			before = recalled(o.Past, step, m.steps.Past)
			for _, b := range before {
				m.trail.Add(b)
				m.steps.Add(b)
				m.last = b
				if o.Anew && o.Log != nil {
					o.Log.Stepped(o.Run.ID, seed, b)
				}
			}
			step = as(m.last, step)
		}
		m.trail.Add(step)
		m.steps.Add(step)
		m.last = step
		if waiting != w.waiting.Load() {
			waiting = w.expect(g, o, whole, i)
		}
		if len(step.Pictures) > 0 {
			m.picture = step.Pictures[0]
		}
		if o.Log != nil {
			o.Log.Stepped(o.Run.ID, seed, step)
		}
		w.send(Stepped{o.Run.ID, i, step, before})
	}
	return nil
}

// recount has a job's recipe tell what its steps came to.
func (w *Worker) recount(g Generator, j *job.Job, m *made) {
	m.partial = m.picture == nil
	m.trail.Into(&j.Recipe)
	j.Recipe.SetPrompts(j.Request)
	j.Recipe.ModelHash = g.Facts().Hash // the model may not have been open when the run was queued
	if d, ok := g.(Describer); ok {
		j.Recipe.Runtime = d.Described()
	}
	j.Request.Resume, j.Request.Report, j.Request.Live = nil, nil, nil
	m.script, j.Request.Changes = j.Request.Changes, m.trail.Changes()
	if err := j.Recipe.SetChanges(j.Request.Changes, true, m.parents); err != nil {
		w.send(Panicked{err})
	}
	j.Recipe.Trajectory = trajectory.Key(j.Recipe.Hashes)
	if j.Recipe.Unfinished = nil; m.partial {
		j.Recipe.Unfinished = []int{m.last.Index, m.last.Of}
	}
}

// finish makes a result of a picture, stores it, and tells.
func (w *Worker) finish(o Order, i int, j *job.Job, m made) {
	if o.enlarged != nil {
		o.enlarged.into(j, &m)
	}
	j.Remember()
	e := Made{Run: o.Run.ID, Picture: i, Result: j.Finish(m.picture, m.partial), Began: m.began}
	if w.base.Err() == nil || !m.partial { // else the program ends, and the run goes on at the next start
		if o.To != nil && !m.dropped {
			e.Stored, e.Err = Store(o.To, e.Result.Picture, o.Canvas, j.Recipe)
		}
		if e.Err == nil { // else there is no room
			e.Unkept = o.keep(*j, m)
		}
	}
	w.send(e)
}

// keep keeps the steps of a picture.
func (o Order) keep(j job.Job, m made) error {
	if o.Paths == nil || m.steps == nil {
		return nil
	}
	later := slices.DeleteFunc(slices.Clone(m.script), func(c engine.Change) bool { return c.At < m.last.Index })
	p, err := o.path(j, later, m.steps)
	if err != nil {
		return err
	}
	return o.Paths.Keep(trajectory.Key(j.Recipe.Hashes), p)
}

// reporting reports the progress of a long part ten times a second.
func (w *Worker) reporting(run int) func(engine.Phase, float64) {
	var last time.Time
	return func(p engine.Phase, share float64) {
		if time.Since(last) >= 100*time.Millisecond {
			last = time.Now()
			w.send(Reported{run, p, share})
		}
	}
}

// recalled converts the steps of an earlier start. read reads those whose numbers were dropped; nil: there are none.
func recalled(past []engine.Step, first engine.Step, read func(engine.Step) (engine.Step, bool)) []engine.Step {
	var out []engine.Step
	for _, s := range past {
		if s.X.Data == nil && read != nil {
			if was, ok := read(s); ok {
				s = was
			}
		}
		if !trajectory.KeepsState(s) {
			s.State = engine.State{}
		}
		out = append(out, first.Recalled(s))
	}
	return out
}

// as is the first step of a run that continues, with what only the earlier start knows of how it was reached.
func as(past, first engine.Step) engine.Step {
	if past.X.Data != nil && past.Index == first.Index {
		first.Changes, first.Guidance = past.Changes, past.Guidance
	}
	return first
}
