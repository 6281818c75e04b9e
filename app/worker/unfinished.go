package worker

import (
	"context"
	"image"
	"time"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// A stopped run shows what it has come to. Its end is told at once; the picture follows within a few seconds, whatever its
// size and however slow the machine: decoding it whole may take so long, then coarsely so long again. A decoder that tells
// how far it is is left as soon as that says that it will take longer. The model goes on with the next run meanwhile.
const (
	wholeTime  = 2 * time.Second
	coarseTime = 2 * time.Second
	coarseSide = 256 // px
)

// rest is what a run has come to, when that is still to be made into a picture.
type rest struct {
	recipe recipe.Recipe
	make   func()
}

// shows reports whether there is something to show: from the second step on.
func (m made) shows() bool { return m.last.Index > 0 }

// afterwards does f beside what the worker does next, after all that was put off before.
func (w *Worker) afterwards(f func()) {
	before, done := w.late, make(chan struct{})
	w.late = done
	go func() {
		defer close(done)
		<-before
		if err := fault.Guarded(func() error { f(); return nil }); err != nil {
			w.send(Panicked{err})
		}
	}()
}

// settled gives when nothing that was put off is left.
func (w *Worker) settled() { <-w.late }

// makeUnfinished makes a result of what a picture has come to.
func (w *Worker) makeUnfinished(o Order, g Generator, i int, j *job.Job, m made) {
	if o.enlarged != nil {
		m.picture = o.enlarged.picture
	} else {
		m.picture = unfinished(w.base, g, m.last, j.Request)
	}
	if m.picture != nil {
		w.finish(o, i, j, m)
	}
}

// unfinished makes a picture of a run that was stopped: the predicted x_0 decoded, coarsely where that takes too long,
// or where the model cannot decode, its small preview enlarged.
func unfinished(ctx context.Context, g Generator, last engine.Step, req engine.Request) *image.RGBA {
	if d, ok := g.(StepDecoder); ok && last.X0.Data != nil {
		for _, try := range []struct {
			time time.Duration
			side int
		}{{wholeTime, 0}, {coarseTime, coarseSide}} {
			if img := decodeWithin(ctx, try.time, d, last, try.side); img != nil && try.side == 0 {
				return img
			} else if img != nil {
				return pixel.Resize(img, req.Width, req.Height)
			}
		}
	}
	return pixel.Resize(last.Predicted(0), req.Width, req.Height)
}

// decodeWithin is nil if decoding takes longer, would take longer, or fails.
func decodeWithin(ctx context.Context, most time.Duration, d StepDecoder, s engine.Step, side int) *image.RGBA {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	began := time.Now()
	img, err := d.DecodeStep(ctx, s, side, func(share float64) {
		if time.Since(began).Seconds() > share*most.Seconds() {
			cancel()
		}
	})
	if err != nil {
		return nil
	}
	return img
}
