// Package sample holds the samplers of diffusion: the solvers that go from noise to a picture, one Step for each
// evaluation of the network, with the numbers of diffusers' scheduler.step after every one of them.
//
// Start with New, which makes a Sampler of a schedule.Config, and Start, which makes the State of a run. A Sampler
// never changes; all that changes is in the State, a plain value that can be saved as JSON after any evaluation and
// resumed bit-identically. Named and Names use the menus' names.
//
//	s, err := sample.New(cfg, sample.Options{Steps: 20, Shape: []int{1, 4, 64, 64}})
//	st := sample.Start(s, noise, 0) // noise is times s.InitSigma()
//	for !s.Done(st) {
//	        s.Scale(in, st.X, st)
//	        err = s.Step(st, network(in, s.Timesteps()[st.Eval]), rng)
//	}
package sample

import (
	"fmt"
	"math"
	"strings"

	"nirvana/engine/schedule"
)

// Noise draws standard normal numbers, all of dst in one draw.
type Noise interface{ Normal(dst []float32) }

// State is a run between two evaluations: a plain value.
type State struct {
	// Eval is the index of the next evaluation, Begin that of the run's first.
	Eval, Begin int
	// X is x_t, X0 the x_0 predicted at the last evaluation (nil before it).
	X, X0 []float32
	// Memory and Numbers are the sampler's history, specific to it.
	Memory  [][]float32
	Numbers []float64
}

// Clone is a copy that shares nothing with s.
func (s State) Clone() State {
	s.X, s.X0 = clone(s.X), clone(s.X0)
	memory := s.Memory
	s.Memory = nil
	for _, m := range memory {
		s.Memory = append(s.Memory, clone(m))
	}
	s.Numbers = append([]float64(nil), s.Numbers...)
	return s
}

// Snapshot is a copy that shares s's vectors, which no Step writes into.
func (s State) Snapshot() State {
	s.Memory, s.Numbers = append([][]float32(nil), s.Memory...), append([]float64(nil), s.Numbers...)
	return s
}

// Options are the parameters of a run.
type Options struct {
	Steps int // 1 or more
	// Eta scales the noise of DDIM (0 none, 1 as DDPM) and is TCD's gamma (stochasticity); 0 to 1.
	Eta float32
	// Shape is X's: [batch, channel, height, width] or [batch, token, width].
	Shape []int
	// Seed is for the Brownian noise of the SDE samplers, where the schedule has no noise_sampler_seed.
	Seed uint64
	// Mu is the dynamic shift of a flow (Config.Mu). Strength, 0 to 1, is for LCM and TCD: the share of the training
	// schedule to run; 0 is all.
	Mu, Strength float32
	// Sigmas, where set, are the run's own noise levels, falling, one a step: a flow's before the shift;
	// k-diffusion's samplers take the last level too.
	Sigmas []float32
	// Timesteps, where set, are the run's own, falling, one a step.
	Timesteps []float32
	Churn     Churn
	// Ancestral scales the noise of k-diffusion's ancestral and SDE samplers; nil: 1.
	Ancestral *float32

	traits traits // the sampler's, from the table
}

// Churn is the noise that Euler, Heun and DPM2 add before every step and remove in it (Karras et al., 2022, algorithm
// 2). The zero value is none.
type Churn struct {
	Amount float32 // S_churn, divided among the steps; at most sqrt(2)-1 each
	// From and Until are S_tmin and S_tmax, the noise levels between which it acts, both included; Until 0: no limit.
	From, Until float32
	Noise       float32 // S_noise, the standard deviation of the added noise, here and in ancestral samplers; 0: 1
}

// ancestral is the factor of ancestral samplers' noise.
func (o Options) ancestral() float64 {
	if o.Ancestral == nil {
		return 1
	}
	return float64(*o.Ancestral)
}

// gamma is the share by which the level sigma is raised in a run of steps steps.
func (c Churn) gamma(sigma float64, steps int) float64 {
	if sigma < float64(c.From) || c.Until > 0 && sigma > float64(c.Until) {
		return 0
	}
	return math.Min(float64(c.Amount)/float64(steps), math.Sqrt2-1)
}

func (c Churn) noise() float64 {
	if c.Noise == 0 {
		return 1
	}
	return float64(c.Noise)
}

func (c Churn) check() error {
	for _, v := range []float32{c.Amount, c.From, c.Until, c.Noise} {
		if !(v >= 0) {
			return fmt.Errorf("churn of %g between sigma %g and %g with noise %g is not possible: all are 0 or more", c.Amount, c.From, c.Until, c.Noise)
		}
	}
	return nil
}

// Sampler is one solver over one schedule. It never changes, so runs may share it.
type Sampler interface {
	// Timesteps are the network's timesteps, one an evaluation.
	Timesteps() []float32
	// Sigmas are the noise levels, one an evaluation and the last one.
	Sigmas() []float32
	// InitSigma is the factor of x_T's standard normal noise.
	InitSigma() float32
	// Order is the number of evaluations a step: strength leaves out Order at a time.
	Order() int
	// LearnedVariance reports whether Step takes the network's variance channels too, after the others of each
	// picture.
	LearnedVariance() bool
	// Scale computes the network's input from x; dst may be x.
	Scale(dst, x []float32, s *State)
	// AddNoise is x0 noised to the level of evaluation eval.
	AddNoise(dst, x0, noise []float32, eval int)
	// Step goes from evaluation s.Eval to the next, out being the network's output, which is neither kept nor written
	// into. Vectors of s are replaced and never written into. It fails for outputs of the wrong length.
	Step(s *State, out []float32, n Noise) error
	Done(s *State) bool
}

// New makes the sampler of a configuration's class.
func New(cfg schedule.Config, o Options) (Sampler, error) {
	if n := len(o.Timesteps); n > 0 {
		if o.Steps != 0 && o.Steps != n {
			return nil, fmt.Errorf("%d steps and %d timesteps of the run's own do not agree: leave the steps out", o.Steps, n)
		}
		o.Steps = n
	}
	if o.Steps < 1 {
		return nil, fmt.Errorf("%d steps are not possible: use 1 or more", o.Steps)
	}
	if len(o.Shape) == 0 || o.Shape[0] < 1 {
		return nil, fmt.Errorf("the sampler needs the shape of x_t")
	}
	e := ofClass(cfg.Class)
	if e == nil {
		return nil, fmt.Errorf("no sampler for scheduler class %q: choose a sampler by name, for example %s", cfg.Class, strings.Join(few(), ", "))
	}
	if err := o.own(cfg, e.traits); err != nil {
		return nil, err
	}
	if cfg.TrainTimesteps > 0 && o.Steps > cfg.TrainTimesteps && cfg.Spacing != "" {
		return nil, fmt.Errorf("%d steps are more than the model's %d timesteps: use fewer", o.Steps, cfg.TrainTimesteps)
	}
	s, err := e.new(cfg, o)
	if err != nil {
		return nil, fmt.Errorf("sampler %s: %w", cfg.Class, err)
	}
	return s, nil
}

func few() []string { return []string{"Euler", "Euler a", "DPM++ 2M Karras", "DDIM"} }

// Start returns the state of a run that begins at evaluation begin with x, which it copies. Call Open before the
// first evaluation.
func Start(s Sampler, x []float32, begin int) *State {
	return &State{Eval: begin, Begin: begin, X: clone(x)}
}

// Open lets a sampler with churn add its first noise. A saved state is open already.
func Open(s Sampler, st *State, n Noise) {
	if o, ok := s.(interface{ open(*State, Noise) }); ok {
		o.open(st, n)
	}
}

// Free is a sampler that chooses its noise levels on the way. Timesteps and Sigmas are then a plan from which
// strength takes the beginning.
type Free interface {
	// At is the timestep and noise level of the next evaluation.
	At(s *State) (timestep, sigma float32)
	// Expect is an estimate of the run's number of evaluations, always larger than those done until the run is.
	Expect(s *State) int
}

// Renoise is x0 noised to the state's level; x0 itself at the end.
func Renoise(s Sampler, dst, x0, noise []float32, st *State) {
	switch r := s.(type) {
	case interface {
		renoise(dst, x0, noise []float32, st *State)
	}:
		r.renoise(dst, x0, noise, st)
	default:
		if st.Eval < len(s.Timesteps()) {
			s.AddNoise(dst, x0, noise, st.Eval)
		} else {
			copy(dst, x0)
		}
	}
}

// At is the timestep and noise level of the next evaluation; 0 and the last level at the end.
func At(s Sampler, st *State) (timestep, sigma float32) {
	if f, ok := s.(Free); ok {
		return f.At(st)
	}
	if times := s.Timesteps(); st.Eval < len(times) {
		timestep = times[st.Eval]
	}
	if sigmas := s.Sigmas(); st.Eval < len(sigmas) {
		sigma = sigmas[st.Eval]
	}
	return timestep, sigma
}
