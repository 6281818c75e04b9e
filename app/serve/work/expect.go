package work

import "nirvana/engine"

// mostExpected is how many runs are announced to a model.
const mostExpected = 16

// expect announces to the model the runs that follow the i-th picture: those of the same order, and of waiting orders
// with the same model.
func (q *Queue) expect(r *Run, b bench, i int) {
	if b.model.Expect == nil {
		return
	}
	var all []engine.Request
	add := func(o Order, from int) {
		for k := from; k < max(o.Count, 1) && len(all) < mostExpected; k++ {
			if request, _, err := o.numbered(k).prepared(b.model.Facts()); err == nil { // otherwise the order itself reports the error in its turn
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

// numbered is the order of its i-th picture.
func (o Order) numbered(i int) Order {
	if o.Recipe.Variation > 0 {
		o.Recipe.VariationSeed += uint64(i)
	} else {
		o.Recipe.Seed += uint64(i)
	}
	return o
}

// prepared is the order as an engine request with its pictures, and what the result is composed onto.
func (o Order) prepared(f engine.Facts) (engine.Request, *ground, error) {
	request, err := o.request(f)
	if err != nil {
		return request, nil, err
	}
	g := &ground{order: o}
	return request, g, g.give(&request, f)
}
