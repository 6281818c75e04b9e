// Package sample holds the samplers of diffusion: the solvers that walk from
// noise to a picture, one Step for each evaluation of the network, with the
// numbers of diffusers' scheduler.step after every one of them.
//
// Start with New, which makes a Sampler of a schedule.Config, and Start, which
// makes the State of a run. A Sampler never changes; all that changes is in the
// State, a plain value that can be saved as JSON after any evaluation and gone
// on with, to the same bits. Named and Names speak the menus' names.
//
//	s, err := sample.New(cfg, sample.Options{Steps: 20, Shape: []int{1, 4, 64, 64}})
//	st := sample.Start(s, noise, 0) // noise is times s.InitSigma()
//	for !s.Done(st) {
//		s.Scale(in, st.X, st)
//		err = s.Step(st, network(in, s.Timesteps()[st.Eval]), rng)
//	}
package sample

import (
	"fmt"
	"strings"

	"nirvana/engine/schedule"
)

// Noise draws standard normal numbers: dst whole, in one draw.
type Noise interface{ Normal(dst []float32) }

// State is a run between two evaluations: a plain value.
type State struct {
	// Eval is the index of the next evaluation, Begin that of the run's first.
	Eval, Begin int
	// X is x_t, X0 the x_0 predicted at the last evaluation (nil before it).
	X, X0 []float32
	// Memory and Numbers are the sampler's history, as it likes.
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

// Snapshot is the state as it is now: the vectors are s's own, which no Step writes into.
func (s State) Snapshot() State {
	s.Memory, s.Numbers = append([][]float32(nil), s.Memory...), append([]float64(nil), s.Numbers...)
	return s
}

// Options are what a run adds to its schedule.
type Options struct {
	Steps int // 1 or more
	// Eta scales the noise of DDIM (0 none, 1 as DDPM) and TCD's gamma (stochasticity, 0..1).
	Eta float32
	// Shape is X's: [batch, channel, height, width] or [batch, token, width].
	Shape []int
	// Seed is for the Brownian noise of the SDE samplers, where the schedule has no noise_sampler_seed.
	Seed uint64
	// Mu is the dynamic shift of a flow (Config.Mu). Strength, 0..1, is LCM's and TCD's:
	// the share of the training schedule to walk; 0 is all.
	Mu, Strength float32
	// Sigmas, where set, are a flow's before the shift, falling, one a step.
	Sigmas []float32
}

// Sampler is one solver over one schedule. It never changes, so runs may share it.
type Sampler interface {
	// Timesteps has what the network is told, one an evaluation.
	Timesteps() []float32
	// Sigmas has the noise level of each evaluation and, last, where the run ends.
	Sigmas() []float32
	// InitSigma is what x_T's standard normal noise is multiplied by.
	InitSigma() float32
	// Order is how many evaluations a step takes: strength leaves out Order at a time.
	Order() int
	// LearnedVariance says that Step takes the network's variance channels too, after
	// the others of each picture.
	LearnedVariance() bool
	// Scale makes the network's input of x; dst may be x.
	Scale(dst, x []float32, s *State)
	// AddNoise is x0 noised to the level of evaluation eval.
	AddNoise(dst, x0, noise []float32, eval int)
	// Step goes from evaluation s.Eval to the next, out being the network's answer, which is
	// neither kept nor written into. Vectors of s are replaced and never written into.
	Step(s *State, out []float32, n Noise) error
	Done(s *State) bool
}

func maker(class string) func(schedule.Config, Options) (Sampler, error) {
	switch class {
	case "DDIMScheduler", "DDIMParallelScheduler":
		return newDDIM
	case "DDPMScheduler", "DDPMParallelScheduler":
		return newDDPM
	case "EulerDiscreteScheduler":
		return newEuler
	case "EulerAncestralDiscreteScheduler":
		return newEulerAncestral
	case "PNDMScheduler":
		return newPNDM
	case "DPMSolverMultistepScheduler":
		return newDPMMultistep
	case "DPMSolverSinglestepScheduler":
		return newSinglestep
	case "DPMSolverSDEScheduler":
		return newDPMSDE
	case "HeunDiscreteScheduler":
		return newHeun
	case "LMSDiscreteScheduler":
		return newLMS
	case "KDPM2DiscreteScheduler":
		return newKDPM2
	case "KDPM2AncestralDiscreteScheduler":
		return newKDPM2Ancestral
	case "LCMScheduler":
		return newLCM
	case "TCDScheduler":
		return newTCD
	case "CMStochasticIterativeScheduler":
		return newConsistency
	case "FlowMatchEulerDiscreteScheduler":
		return newFlow
	}
	return solvers(class)
}

// New makes the sampler of a configuration's class.
func New(cfg schedule.Config, o Options) (Sampler, error) {
	if o.Steps < 1 {
		return nil, fmt.Errorf("%d steps are not possible: use 1 or more", o.Steps)
	}
	if len(o.Shape) == 0 || o.Shape[0] < 1 {
		return nil, fmt.Errorf("the sampler was not told the shape of what it samples")
	}
	m := maker(cfg.Class)
	if m == nil {
		return nil, fmt.Errorf("no sampler for scheduler class %q: choose a sampler by name, for example %s", cfg.Class, strings.Join(few(), ", "))
	}
	if cfg.TrainTimesteps > 0 && o.Steps > cfg.TrainTimesteps && cfg.Spacing != "" {
		return nil, fmt.Errorf("%d steps are more than the model's %d timesteps: use fewer", o.Steps, cfg.TrainTimesteps)
	}
	s, err := m(cfg, o)
	if err != nil {
		return nil, fmt.Errorf("sampler %s: %w", cfg.Class, err)
	}
	return s, nil
}

func few() []string { return []string{"Euler", "Euler a", "DPM++ 2M Karras", "DDIM"} }

// Start is the state of a run that begins at evaluation begin with x, which it copies.
func Start(s Sampler, x []float32, begin int) *State {
	return &State{Eval: begin, Begin: begin, X: clone(x)}
}
