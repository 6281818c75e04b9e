package sample

// Rests reports whether a state is between two whole steps, so that x may be replaced: within a step of several
// evaluations the sampler uses the x that the step began with.
func Rests(s Sampler, st *State) bool {
	if r, ok := s.(interface{ rests(*State) bool }); ok {
		return r.rests(st)
	}
	return s.Order() == 1 || len(st.Memory) == 0
}

// Replace replaces a resting state's x. Samplers that would return to the x before restart their history; others keep
// the network's earlier predictions.
func Replace(s Sampler, st *State, x []float32) {
	if f, ok := s.(interface{ forget(*State) }); ok {
		f.forget(st)
	}
	st.X = x
}

func (d *singlestep) rests(s *State) bool { return d.orders[min(s.Eval, len(d.orders)-1)] == 1 }

// rests is false between the two evaluations that PLMS begins with, and within Runge-Kutta's four.
func (p *pndm) rests(s *State) bool {
	count := s.Eval - s.Begin
	if p.prk == 0 {
		return count != 1
	}
	return count >= p.prk || count%4 == 0
}

func (k *dpmAdaptive) rests(s *State) bool { return k.phase(s) == 0 }

// forget drops the history: the corrector uses the x of the step before, the step's size comes from another.
func (u *unipc) forget(s *State)       { s.Memory, s.Numbers = nil, nil }
func (a *saSolver) forget(s *State)    { s.Memory, s.Numbers = nil, nil }
func (k *dpmAdaptive) forget(s *State) { s.Memory = nil }
