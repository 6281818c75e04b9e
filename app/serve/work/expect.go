package work

import "nirvana/engine"

// mostExpected bounds how far a model looks ahead.
const mostExpected = 16

// expect tells the model which runs come after the i-th picture of a run: those of the same order, and of the orders that
// wait for the same model.
func (q *Queue) expect(r *Run, b bench, i int) {
	if b.model.Expect == nil {
		return
	}
	var all []engine.Request
	add := func(o Order, from int) {
		for k := from; k < max(o.Count, 1) && len(all) < mostExpected; k++ {
			if request, _, err := o.numbered(k).prepared(b.model.Facts()); err == nil { // else it is told when its turn comes
				all = append(all, request)
			}
		}
	}
	add(r.order, i+1)
	q.mu.Lock()
	waiting := append([]*Run(nil), q.waiting...)
	q.mu.Unlock()
	for _, w := range waiting {
		if len(all) < mostExpected && w.order.Kind == Paint && w.order.Model == r.order.Model && w.ctx.Err() == nil {
			add(w.order, 0)
		}
	}
	b.model.Expect(all)
}

// numbered is the order of the i-th of its pictures.
func (o Order) numbered(i int) Order {
	if o.Recipe.Variation > 0 {
		o.Recipe.VariationSeed += uint64(i)
	} else {
		o.Recipe.Seed += uint64(i)
	}
	return o
}

// prepared is what the order asks of the engine, with its pictures, and what the result is laid over.
func (o Order) prepared(f engine.Facts) (engine.Request, *ground, error) {
	request, err := o.request(f)
	if err != nil {
		return request, nil, err
	}
	g := &ground{order: o}
	return request, g, g.give(&request, f)
}
