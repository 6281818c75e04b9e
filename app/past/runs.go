package past

import (
	"slices"

	"nirvana/app/trajectory"
	"nirvana/app/worker"
	"nirvana/engine"
)

// mostRuns is how many runs are held without the numbers of their steps.
const mostRuns = 16

// Runs finds the runs of pictures that are made by the keys of their paths. Its methods are the owner's.
type Runs struct {
	Beside
	Store *trajectory.Store
	known map[string]*worker.Run // nil: it is being read, or not there
	order []string
}

// Of is the run of a picture; nil where its steps are not kept, or not read yet.
func (p *Runs) Of(key string) *worker.Run {
	if key == "" {
		return nil
	}
	if r, ok := p.known[key]; ok {
		if i := slices.Index(p.order, key); i >= 0 {
			p.order = append(slices.Delete(p.order, i, i+1), key)
		}
		return r
	}
	if p.known == nil {
		p.known = map[string]*worker.Run{}
	}
	p.known[key], p.order = nil, append(p.order, key)
	if len(p.order) > mostRuns {
		delete(p.known, p.order[0])
		p.order = slices.Delete(p.order, 0, 1)
	}
	p.Aside(func() {
		r, f, err := Load(p.Store, key)
		p.Post(func() {
			if _, wanted := p.known[key]; err != nil || !wanted {
				return
			}
			p.attach(r, f)
			p.known[key] = r
			p.Changed()
		})
	})
	return nil
}

// Forget has a path looked for again that has just been kept.
func (p *Runs) Forget(key string) {
	if i := slices.Index(p.order, key); i >= 0 {
		p.order = slices.Delete(p.order, i, i+1)
		delete(p.known, key)
	}
}

func (p *Runs) attach(r *worker.Run, f *trajectory.File) {
	read := reading(r.Steps, f)
	r.Attach(worker.Hooks{Past: (&Steps{Beside: p.Beside, Read: read}).Get, Read: read, Showing: func(another bool) {
		if another {
			p.Changed()
		}
	}})
}

// reading reads steps of a file by their numbers.
func reading(heads []engine.Step, f *trajectory.File) func(int, engine.Step) (engine.Step, bool) {
	return func(_ int, s engine.Step) (engine.Step, bool) {
		i := slices.IndexFunc(heads, func(h engine.Step) bool { return h.Index == s.Index })
		was, err := f.Step(i)
		return was, err == nil
	}
}

// Load reads the run of a picture, on any goroutine.
func Load(from *trajectory.Store, key string) (*worker.Run, *trajectory.File, error) {
	f, err := from.Read(key)
	if err != nil {
		return nil, nil, err
	}
	r, err := worker.OfPath(key, f)
	return r, f, err
}

// Whole reads the run of a picture that was stopped with all its steps, so that it can continue, on any goroutine.
func Whole(from *trajectory.Store, key string) (*worker.Run, error) {
	r, f, err := Load(from, key)
	if err != nil {
		return nil, err
	}
	for i := range r.Steps {
		s, err := f.Step(i)
		if err != nil {
			return nil, err
		}
		r.Steps[i] = s
	}
	return r, nil
}
