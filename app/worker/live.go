package worker

import (
	"context"
	"image"

	"nirvana/app/library"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// Lived: a live picture is done; without a picture and an error, it was dropped.
type Lived struct {
	Pass    int
	Picture *image.RGBA
	Err     error
}

// Live generates one picture that is not stored; cancel ends it within a step. Its request is computed on the worker.
func (w *Worker) Live(m library.Model, request func() engine.Request, pass int) (cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.base)
	w.work(func() {
		defer cancel()
		e := Lived{Pass: pass}
		e.Err = fault.Guarded(func() error {
			g, err := w.need(ctx, m)
			if err != nil {
				return err
			}
			q := request()
			q.Encoded = &w.encoded
			e.Picture, err = last(ctx, g, q)
			return err
		})
		if ctx.Err() != nil {
			e = Lived{Pass: pass}
		}
		w.send(e)
	})
	return cancel
}

// last is the result of a request.
func last(ctx context.Context, g Generator, q engine.Request) (img *image.RGBA, _ error) {
	for step, err := range g.Generate(ctx, q) {
		if err != nil {
			return nil, err
		}
		if len(step.Pictures) > 0 {
			img = step.Pictures[0]
		}
	}
	return img, nil
}
