package cli

import "nirvana/engine"

// mostExpected bounds how far a model looks ahead.
const mostExpected = 16

// expect tells the model which runs come after the next one. Those that go on from a step, or end with a refiner, are not
// its alone.
func (o *options) expect(env Env, m *Opened, requests []engine.Request) {
	if m.Ahead == nil || o.statesOf != "" || o.second != nil {
		return
	}
	var all []engine.Request
	for _, r := range requests[:min(len(requests), mostExpected)] {
		if o.fromFiles(env.Home, &r) == nil { // else it is told when its turn comes
			all = append(all, r)
		}
	}
	m.Expect(all)
}

// numbered are the requests of the pictures from the i-th on.
func (o *options) numbered(r engine.Request, i int) (out []engine.Request) {
	for ; i < o.count && len(out) < mostExpected; i++ {
		next := r
		next.Seed += uint64(i)
		out = append(out, next)
	}
	return out
}
