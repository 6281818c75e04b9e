package sample

import (
	"math"

	"nirvana/engine/schedule"
)

// restart is Xu et al., "Restart Sampling for Improving Generative Processes" (2023): Heun's method over a Karras
// schedule that from sigma 0.1 goes back up to 2, with noise, and down again, once from 20 steps and twice from 36.
// Memory is Heun's.
type restart struct {
	kHeun
	leaps [][2]float64
}

func newRestart(cfg schedule.Config, o Options) (Sampler, error) {
	k, err := newKWalk(cfg, o, atEnd)
	if err != nil {
		return nil, err
	}
	r := &restart{kHeun: kHeun{k}}
	r.lay()
	// the evaluations of all leaps, in order
	l := newLevels(r.table)
	r.sigmas, r.points = nil, nil
	for i, leap := range r.leaps {
		for phase, sigma := range append([]float64{leap[0]}, atEnd(leap[0], leap[1])...) {
			r.sigmas, r.points = append(r.sigmas, sigma), append(r.points, point{i, phase})
		}
	}
	r.times = narrow(l.timesOf(r.sigmas))
	r.sigmas = append(r.sigmas, r.leaps[len(r.leaps)-1][1])
	return r, nil
}

// lay plans the leaps down and the restarts among them.
func (r *restart) lay() {
	walk, times, length := r.walk, 0, 0
	n := len(walk) - 1
	if n >= 20 {
		times, length = 1, 9
		if n >= 36 {
			times, length = 2, n/4
		}
		walk = narrowed(append(schedule.Karras(n-length*times, walk[n-1], walk[0], 7), 0))
	}
	low, high := nearest(walk, 0.1), nearest(walk, 2)
	for i := 0; i+1 < len(walk); i++ {
		r.leaps = append(r.leaps, [2]float64{walk[i], walk[i+1]})
		if i+1 != low || high >= low {
			continue
		}
		again := narrowed(schedule.Karras(length+1, walk[low], walk[high], 7))
		for range times {
			for j := 0; j+1 < len(again); j++ {
				r.leaps = append(r.leaps, [2]float64{again[j], again[j+1]})
			}
		}
	}
}

// AddNoise uses the level of the evaluation: restarts are not steps of the schedule.
func (r *restart) AddNoise(dst, x0, noise []float32, eval int) {
	r.continuous.AddNoise(dst, x0, noise, eval)
}

func nearest(walk []float64, to float64) int {
	best := 0
	for i, s := range walk {
		if math.Abs(s-to) < math.Abs(walk[best]-to) {
			best = i
		}
	}
	return best
}

func (r *restart) Step(s *State, out []float32, n Noise) error {
	p := r.points[s.Eval]
	leap := r.leaps[p.step]
	x0 := r.clean(s.Eval, s.X, out)
	last := p.phase == 1 || leap[1] == 0
	var x []float32
	if p.phase == 0 {
		x = toward(s.X, x0, leap[0], leap[1])
		s.Memory = [][]float32{s.X, clone(x0)}
	} else {
		x = heunEnd(s, x0, leap[0], leap[1])
		s.Memory = nil
	}
	if last && p.step+1 < len(r.leaps) {
		if up := r.leaps[p.step+1][0]; up > leap[1] {
			x = sum(term{1, x}, term{math.Sqrt(up*up - leap[1]*leap[1]), draw(n, len(x))})
		}
	}
	advance(s, x, x0)
	return nil
}
