package worker

import (
	"context"
	"image"
	"time"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// A stopped run shows its unfinished picture. Stop takes a few seconds at most, whatever the picture's size and the
// machine: a limited time for decoding it in full, then the same for decoding it coarsely. A decoder that reports its
// progress is cancelled as soon as that shows that it will take longer.
const (
	wholeTime  = 2 * time.Second
	coarseTime = 2 * time.Second
	coarseSide = 256 // px
)

// unfinished is the picture of a stopped run: the predicted x_0 decoded, coarsely if that takes too long; if the model
// cannot decode it, its enlarged preview. Nil before the second step.
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
