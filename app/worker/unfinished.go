package worker

import (
	"context"
	"image"
	"time"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// A stopped run shows what it has come to. Stop takes a few seconds at most, whatever the size of the picture and however
// slow the machine: decoding it whole may take so long, then coarsely so long again. A decoder that tells how far it is is
// left as soon as that says that it will take longer.
const (
	wholeTime  = 2 * time.Second
	coarseTime = 2 * time.Second
	coarseSide = 256 // px
)

// unfinished makes a picture of a run that was stopped: the predicted x_0 decoded, coarsely where that takes too long,
// or where the model cannot decode, its small preview enlarged. Nil before the second step.
func unfinished(ctx context.Context, g Generator, last engine.Step, req engine.Request) *image.RGBA {
	if last.Index < 1 {
		return nil
	}
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

// decodeWithin is nil where it takes longer, or would, or fails.
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
