// Package past provides the runs of finished pictures with the steps that led to them: they are read from the disk in
// the background when they are looked at, and dropped again. Start with Runs.
package past

import (
	"slices"

	"nirvana/engine"
)

// Beside is how things are read that take long. Its functions are called on the owner's goroutine.
type Beside struct {
	Aside   func(func()) // does something on another goroutine
	Post    func(func()) // does something on the owner's, later
	Changed func()       // what was asked for is there
}

// mostBytes is of the steps that only the disk has how many are held when they were looked at.
const mostBytes = 64 << 20

// Steps are those of one run whose numbers only the disk has. Its methods are the owner's.
type Steps struct {
	Beside
	Read   func(picture int, s engine.Step) (engine.Step, bool) // on any goroutine
	here   map[step]engine.Step
	order  []step // of those here, the one looked at last behind
	bytes  int
	wanted []step // the newest behind
	heads  map[step]engine.Step
	busy   bool
}

// step names a step: of which picture of the run, and its number.
type step struct{ picture, index int }

// Get is a step with its numbers, where it has been read. One that has not is asked for, and told of when it is there; the
// newest asked for comes first.
func (f *Steps) Get(picture int, s engine.Step) (engine.Step, bool) {
	k := step{picture, s.Index}
	if was, ok := f.here[k]; ok {
		i := slices.Index(f.order, k)
		f.order = append(slices.Delete(f.order, i, i+1), k)
		return was, was.X.Data != nil
	}
	if f.heads == nil {
		f.heads, f.here = map[step]engine.Step{}, map[step]engine.Step{}
	}
	if _, asked := f.heads[k]; asked {
		if i := slices.Index(f.wanted, k); i >= 0 { // it comes first now
			f.wanted = append(slices.Delete(f.wanted, i, i+1), k)
		}
		return s, false
	}
	f.wanted, f.heads[k] = append(f.wanted, k), s
	if !f.busy {
		f.busy = true
		f.next()
	}
	return s, false
}

// next reads the step that was asked for last.
func (f *Steps) next() {
	n := len(f.wanted) - 1
	if n < 0 {
		f.busy = false
		return
	}
	k := f.wanted[n]
	s := f.heads[k]
	f.wanted = f.wanted[:n]
	f.Aside(func() {
		was, ok := f.Read(k.picture, s)
		if !ok {
			was = engine.Step{} // it is not asked for again
		}
		f.Post(func() {
			delete(f.heads, k)
			f.take(k, was)
			f.Changed()
			f.next()
		})
	})
}

// take holds a step, and drops those that were looked at least lately.
func (f *Steps) take(k step, s engine.Step) {
	s.State = engine.State{}
	f.here[k], f.order = s, append(f.order, k)
	f.bytes += bytesOf(s)
	for f.bytes > mostBytes && len(f.order) > 1 {
		f.bytes -= bytesOf(f.here[f.order[0]])
		delete(f.here, f.order[0])
		f.order = f.order[1:]
	}
}

func bytesOf(s engine.Step) int { return 4 * (len(s.X.Data) + len(s.X0.Data)) }
