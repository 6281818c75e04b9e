// Package plain is a straightforward loop over ONNX Runtime, with which the benchmark compares the engine. It opens
// the three networks unchanged, calls the U-Net twice per step, and samples with DDIM.
package plain

import (
	"math"
	"path/filepath"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/app/bench"
	"nirvana/models/runtime"
)

// Run makes the task's picture with the library at the path.
func Run(library string, t bench.Task) (bench.Turn, error) {
	start := time.Now()
	var turn bench.Turn
	runtime.Quiet()
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return turn, err
	}
	defer ort.DestroyEnvironment()
	var failed error
	open := func(part, output string, inputs ...string) func(...ort.Value) *ort.Tensor[float32] {
		options, err := ort.NewSessionOptions()
		if err == nil && t.Threads > 0 {
			err = options.SetIntraOpNumThreads(t.Threads)
		}
		var session *ort.DynamicAdvancedSession
		if err == nil {
			session, err = ort.NewDynamicAdvancedSession(filepath.Join(t.Folder, part, "model.onnx"), inputs, []string{output}, options)
		}
		if err != nil {
			failed = err
		}
		return func(in ...ort.Value) *ort.Tensor[float32] {
			out := []ort.Value{nil}
			if failed == nil {
				failed = session.Run(in, out)
			}
			x, _ := out[0].(*ort.Tensor[float32])
			return x
		}
	}
	text := open("text_encoder", "last_hidden_state", "input_ids")
	unet := open("unet", "out_sample", "sample", "timestep", "encoder_hidden_states")
	vae := open("vae_decoder", "sample", "latent_sample")
	turn.Load = time.Since(start).Seconds()
	var states [2]ort.Value
	for i, ids := range t.Tokens {
		in, err := ort.NewTensor(ort.NewShape(1, int64(len(ids))), ids)
		if err != nil {
			return turn, err
		}
		if states[i] = text(in); failed != nil {
			return turn, failed
		}
	}
	x, err := bench.ReadFloats(t.Noise)
	if err != nil {
		return turn, err
	}
	latent := ort.NewShape(1, 4, int64(t.Side), int64(t.Side))
	last := time.Now()
	for i, s := range t.Steps {
		in, err := ort.NewTensor(latent, x)
		if err != nil {
			return turn, err
		}
		timestep, err := ort.NewTensor(ort.NewShape(1), []int64{int64(s[0])})
		if err != nil {
			return turn, err
		}
		u, c := unet(in, timestep, states[0]), unet(in, timestep, states[1])
		if failed != nil {
			return turn, failed
		}
		step(x, u.GetData(), c.GetData(), s[1], s[2], t)
		u.Destroy()
		c.Destroy()
		if now := time.Now(); i == 0 {
			turn.First, last = time.Since(start).Seconds(), now
		} else {
			turn.Steps, last = append(turn.Steps, now.Sub(last).Seconds()), now
		}
	}
	if err := bench.WriteFloats(t.Out, x); err != nil {
		return turn, err
	}
	for i := range x {
		x[i] /= float32(t.Factor)
	}
	in, err := ort.NewTensor(latent, x)
	if err != nil {
		return turn, err
	}
	vae(in)
	turn.Whole = time.Since(start).Seconds()
	return turn, failed
}

// step applies guidance and DDIM.
func step(x, u, c []float32, now, next float64, t bench.Task) {
	a, s := float32(math.Sqrt(now)), float32(math.Sqrt(1-now))
	a1, s1 := float32(math.Sqrt(next)), float32(math.Sqrt(1-next))
	for i := range x {
		out := u[i] + float32(t.Guidance)*(c[i]-u[i])
		x0, eps := (x[i]-s*out)/a, out
		if t.V {
			x0, eps = a*x[i]-s*out, s*x[i]+a*out
		}
		x[i] = a1*x0 + s1*eps
	}
}
