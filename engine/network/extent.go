package network

import "slices"

// ratio is a fraction in lowest terms.
type ratio struct{ n, d int64 }

func fraction(n, d int64) ratio {
	a, b := n, d
	for b != 0 {
		a, b = b, a%b
	}
	if a == 0 {
		return ratio{0, 1}
	}
	if d/a < 0 {
		a = -a
	}
	return ratio{n / a, d / a}
}

func (r ratio) times(s ratio) ratio { return fraction(r.n*s.n, r.d*s.d) }
func (r ratio) over(s ratio) ratio  { return fraction(r.n*s.d, r.d*s.n) }
func (r ratio) plus(s ratio) ratio  { return fraction(r.n*s.d+s.n*r.d, r.d*s.d) }

// extent is the size of an axis, as it follows from axes of the weights: a number and multiples of them. nil: unknown.
type extent struct {
	terms []term
	plus  ratio
}

// term is so many times the size of a weight's axis.
type term struct {
	axis  int
	times ratio
}

func exactly(n int64) *extent { return &extent{plus: ratio{n, 1}} }

func (e *extent) fixed() bool { return e != nil && len(e.terms) == 0 }

// is reports whether an extent is known to be a number.
func (e *extent) is(n int64) bool { return e.fixed() && e.plus == ratio{n, 1} }

// single reports whether an extent is a multiple of one axis.
func (e *extent) single() bool { return len(e.terms) == 1 && e.plus.n == 0 }

func (e *extent) times(n, d int64) *extent {
	if e == nil || d == 0 || n == 0 {
		return nil
	}
	r := fraction(n, d)
	out := &extent{plus: e.plus.times(r)}
	for _, t := range e.terms {
		out.terms = append(out.terms, term{t.axis, t.times.times(r)})
	}
	return out
}

func sum(all ...*extent) *extent {
	out := &extent{plus: ratio{0, 1}}
	for _, e := range all {
		if e == nil {
			return nil
		}
		out.plus = out.plus.plus(e.plus)
		for _, t := range e.terms {
			if i := slices.IndexFunc(out.terms, func(u term) bool { return u.axis == t.axis }); i >= 0 {
				out.terms[i].times = out.terms[i].times.plus(t.times)
			} else {
				out.terms = append(out.terms, t)
			}
		}
	}
	return out
}

// axis is an axis of a weight, or one whose size only follows from others.
type axis struct {
	weight string // "": of none
	at     int    // in torch's order
	size   int64  // in the file; -1: not to be used
	parent int
	factor ratio // its size is so many times the parent's
}

// sizes is what a network demands of its weights' axes: which are equal or multiples of each other, and which sums of others.
type sizes struct {
	axes  []axis
	ids   map[string][]*extent // of weights
	sums  [][2]*extent
	order []string // weights, as they are first used
	// of weights that have another number of axes than the network takes
	odd map[string][]*extent
}

// unknown is an axis that is no weight's.
func (s *sizes) unknown() *extent { return s.add(axis{size: -1}) }

func (s *sizes) add(a axis) *extent {
	a.parent, a.factor = len(s.axes), ratio{1, 1}
	s.axes = append(s.axes, a)
	return &extent{terms: []term{{a.parent, ratio{1, 1}}}, plus: ratio{0, 1}}
}

// root is the axis that stands for all that are multiples of each other, and how many times its size an axis has.
func (s *sizes) root(i int) (int, ratio) {
	f := ratio{1, 1}
	for s.axes[i].parent != i {
		f = f.times(s.axes[i].factor)
		i = s.axes[i].parent
	}
	return i, f
}

// flatten makes every axis' parent its root.
func (s *sizes) flatten() {
	for i := range s.axes {
		s.axes[i].parent, s.axes[i].factor = s.root(i)
	}
}

// equal demands that two sizes are the same, where both are known.
func (s *sizes) equal(a, b *extent) {
	switch {
	case a == nil || b == nil || a.fixed() && b.fixed():
		return
	case a.single() && b.single():
		i, f := s.root(a.terms[0].axis)
		j, g := s.root(b.terms[0].axis)
		if i != j {
			s.axes[i].parent, s.axes[i].factor = j, b.terms[0].times.times(g).over(a.terms[0].times.times(f))
			return
		}
	}
	s.sums = append(s.sums, [2]*extent{a, b})
}

// value is an extent under sizes of the roots; open is the only root in it that has none, with how many times it is in
// the extent; -1: none. false where there are more.
func (s *sizes) value(e *extent, known map[int]ratio) (v ratio, open int, times ratio, ok bool) {
	v, open = e.plus, -1
	for _, t := range e.terms {
		i, f := s.root(t.axis)
		size, has := known[i]
		switch f = f.times(t.times); {
		case has:
			v = v.plus(f.times(size))
		case open < 0 || open == i:
			if open < 0 {
				times = ratio{0, 1}
			}
			open, times = i, times.plus(f)
		default:
			return v, open, times, false
		}
	}
	return v, open, times, true
}

// without are the roots' sizes by all weights that left does not name. false where they contradict each other.
func (s *sizes) without(left func(weight string) bool) (map[int]ratio, bool) {
	known := map[int]ratio{}
	for i, a := range s.axes {
		if a.size < 0 || left(a.weight) {
			continue
		}
		r, f := s.root(i)
		v := ratio{a.size, 1}.over(f)
		if was, ok := known[r]; ok && was != v {
			return known, false
		}
		known[r] = v
	}
	return known, len(s.solved(known)) == 0
}

// solved gives roots sizes that follow from sums, and returns the sums that do not hold.
func (s *sizes) solved(known map[int]ratio) (broken [][2]*extent) {
	for more := true; more; {
		more, broken = false, nil
		for _, c := range s.sums {
			v, i, f, ok := s.value(c[0], known)
			w, j, g, ok2 := s.value(c[1], known)
			switch {
			case !ok || !ok2 || i >= 0 && j >= 0:
			case i >= 0 && f.n != 0:
				known[i], more = w.plus(ratio{-v.n, v.d}).over(f), true
			case j >= 0 && g.n != 0:
				known[j], more = v.plus(ratio{-w.n, w.d}).over(g), true
			case i < 0 && j < 0 && v != w:
				broken = append(broken, c)
			}
		}
	}
	return broken
}
