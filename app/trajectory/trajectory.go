// Package trajectory keeps the trajectories of pictures: every x_t and predicted x_0 of a run, and the sampler's
// state at every fifth step, so that any step is reached again bit-identically by at most five evaluations. Start
// with Store; a Recorder records a run's steps.
package trajectory

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"

	"nirvana/engine"
)

// Every is the interval of the steps whose state is kept. A state is up to five latents, most of which are also in
// neighbouring steps: those are stored once.
const Every = 5

// KeepsState reports whether a step's state is kept when a newer one comes.
func KeepsState(s engine.Step) bool { return s.Index%Every == 0 }

// Path is the trajectory of one picture.
type Path struct {
	About []byte            // JSON: describes the run
	Files map[string][]byte // those that About names
	Steps iter.Seq[engine.Step]
}

// Key identifies a picture's trajectory by the hashes of x_t in its recipe; "" if it has none. So everything with the
// recipe finds the steps: the candidate, the history's picture, an exported file that is opened again.
func Key(hashes []string) string {
	if len(hashes) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, h := range hashes {
		sum.Write([]byte(h))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// Append adds a run's next step. The last one is stored once, although the engine reports it again with its pictures.
// Few keep the sampler's state, which is larger than the rest.
func Append(steps []engine.Step, step engine.Step) []engine.Step {
	n := len(steps)
	if n > 0 && !KeepsState(steps[n-1]) {
		steps[n-1].State = engine.State{}
	}
	if n > 0 && steps[n-1].Index == step.Index {
		steps[n-1] = step
		return steps
	}
	return append(steps, step)
}

// Spill drops the arrays of the oldest steps if all together exceed most bytes; they must be stored elsewhere.
func Spill(steps []engine.Step, most int) {
	total := 0
	for _, s := range steps {
		total += size(s)
	}
	for i := 0; total > most && i < len(steps)-1; i++ {
		total -= size(steps[i])
		steps[i].X, steps[i].X0, steps[i].State = engine.Tensor{}, engine.Tensor{}, engine.State{}
	}
}

// size is the bytes of a step's arrays.
func size(s engine.Step) int {
	n := len(s.X.Data) + len(s.X0.Data) + len(s.State.Sampler.X) + len(s.State.Sampler.X0)
	for _, m := range s.State.Sampler.Memory {
		n += len(m)
	}
	return 4 * n
}

// Recorder records the steps of one picture.
type Recorder struct {
	Most  int                                   // limit of bytes in memory; 0: none
	Past  func(engine.Step) (engine.Step, bool) // reads a step whose arrays were dropped
	steps []engine.Step
}

// Add records a step.
func (r *Recorder) Add(s engine.Step) {
	s.Pictures = nil
	r.steps = Append(r.steps, s)
	if r.Most > 0 && r.Past != nil {
		Spill(r.steps, r.Most)
	}
}

// Upto returns the steps up to the one of the index, with the arrays of dropped ones.
func (r *Recorder) Upto(index int) (out []engine.Step) {
	for s := range r.All() {
		if s.Index <= index {
			out = append(out, s)
		}
	}
	return out
}

// All returns the steps, with the arrays of dropped ones.
func (r *Recorder) All() iter.Seq[engine.Step] {
	return func(yield func(engine.Step) bool) {
		for _, s := range r.steps {
			if s.X.Data == nil && r.Past != nil {
				if was, ok := r.Past(s); ok {
					s = was
				}
			}
			if !yield(s) {
				return
			}
		}
	}
}
