package job

import (
	"fmt"
	"image"
	"slices"
	"sync"
	"sync/atomic"

	"nirvana/app/task"
	"nirvana/engine"
)

// Later is the slow part of a job's preparation: filling, growing and resizing pictures, reading files. It is
// computed once, by whoever needs it first, and never on the window's goroutine. It consists of immutable values, so
// that a job can be saved before and computed after a restart.
type Later struct {
	once sync.Once
	work []Input
	held bool // it was written down: what comes of it is held against the job
	made atomic.Pointer[made]
}

// made is what came of it.
type made struct {
	job  Job // of which the pictures count, see take
	lost []Lost
	err  error
}

// Lost is an input that could not be read, and why.
type Lost struct {
	Input
	Err error
}

// Then adds to what is worked out later, in order.
func (j *Job) Then(in Input) {
	if j.Later == nil {
		j.Later = &Later{}
	}
	j.Later.work = append(j.Later.work, in)
}

// Ready reports whether nothing is left to be worked out.
func (j *Job) Ready() bool { return j.Later == nil || j.Later.made.Load() != nil }

// Prepared is the job with its pictures, worked out now where nobody has before. The error is of a panic.
func (j *Job) Prepared() (Job, error) {
	out := *j
	if j.Later == nil {
		return out, nil
	}
	out.Later = nil
	m := j.Later.get(out)
	out.take(m.job)
	return out, m.err
}

func (l *Later) get(j Job) *made {
	l.once.Do(func() {
		var err error
		var lost []Lost
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("preparing the run: %v", p)
			}
			l.made.Store(&made{j, lost, err})
		}()
		j.Nets, j.Request.Control, j.Request.Regions = slices.Clone(j.Nets), slices.Clone(j.Request.Control), slices.Clone(j.Request.Regions)
		j.Request.References = slices.Clone(j.Request.References)
		for _, in := range l.work {
			if err := in.into(&j); err != nil {
				lost = append(lost, Lost{in, err})
			}
		}
		j.Request.Regions = slices.DeleteFunc(j.Request.Regions, func(g engine.Region) bool { return g.Mask == nil })
		if l.held {
			err = j.Check()
		}
	})
	return l.made.Load()
}

// take takes what is worked out later, and puts down in the recipe how it is used.
func (j *Job) take(m Job) {
	j.Base, j.Mask, j.Onto, j.Holes, j.Feather, j.Nets = m.Base, m.Mask, m.Onto, m.Holes, m.Feather, m.Nets
	q, of := &j.Request, m.Request
	q.Init, q.Mask, q.Depth, q.References, q.Control, q.Regions, q.Content, q.Strength = of.Init, of.Mask, of.Depth, of.References, of.Control, of.Regions, of.Content, of.Strength
	if q.Init != nil && (j.Enlarge == nil || j.Enlarge.Refine > 0) { // else nothing denoises it
		j.Recipe.Strength = q.InitialStrength()
	}
	if q.Mask != nil {
		j.Recipe.Content, j.Recipe.Soft = q.Content, q.Soft
	}
}

// Painted is what of the frame is made again, as far as it is known yet; nil: all of it.
func (j *Job) Painted() *image.Gray {
	if j.Later == nil {
		return j.Mask
	}
	if m := j.Later.made.Load(); m != nil {
		return m.job.Mask
	}
	return nil
}

// Reads reports whether a job begins from a picture.
func (j *Job) Reads() bool {
	return j.Request.Init != nil || j.Later != nil && j.Mode != task.TextToImage
}

// Lost is the inputs that the job goes without, once it is worked out.
func (j *Job) Lost() []Lost {
	if j.Later == nil || !j.Ready() {
		return nil
	}
	return j.Later.made.Load().lost
}
