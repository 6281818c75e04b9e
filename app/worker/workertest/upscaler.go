package workertest

import (
	"context"
	"time"

	"nirvana/engine"
)

// repeater is a network that enlarges by repeating pixels, and makes them a little darker.
type repeater struct {
	times int
	pause time.Duration
}

func (repeater) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "x", Type: "float32", Shape: []int{-1, 3, -1, -1}}}, []engine.Port{{Name: "y", Type: "float32", Shape: []int{-1, 3, -1, -1}}}
}

func (r repeater) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	select {
	case <-time.After(r.pause):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	x := in["x"]
	h, w := x.Shape[2]*r.times, x.Shape[3]*r.times
	out := engine.Zeros(1, 3, h, w)
	for i := range out.Data {
		c, y, k := i/(h*w), i/w%h, i%w
		out.Data[i] = 0.9 * x.Data[(c*x.Shape[2]+y/r.times)*x.Shape[3]+k/r.times]
	}
	return []engine.Tensor{out}, nil
}

// Upscaler is an upscaler whose tiles take so long.
func Upscaler(times int, pause time.Duration) engine.Upscaler {
	return engine.Upscaler{Graph: repeater{times, pause}, Name: "repeater"}
}
