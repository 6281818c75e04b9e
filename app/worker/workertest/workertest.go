// Package workertest has a model for tests of whatever carries out runs.
package workertest

import (
	"context"
	"math"
	"time"

	"nirvana/engine"
)

// net is a network made of arithmetic, under the real engine: what it makes
// depends on every bit of the state it continues from.
type net struct{ pause time.Duration }

func (n net) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}, {Name: "timestep", Type: "int64"}, {Name: "class_labels", Type: "int64", Shape: []int{-1}}},
		[]engine.Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}
}

func (n net) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	time.Sleep(n.pause)
	x, t := in["sample"], in["timestep"].Data[0]
	out := x.Clone()
	for i, v := range out.Data {
		out.Data[i] = 0.7*v + 0.3*float32(math.Sin(float64(t)/50+float64(i%7)+3*float64(v)))
	}
	return []engine.Tensor{out}, ctx.Err()
}

// Model is an opened model.
type Model struct{ *engine.Model }

// Close does nothing.
func (Model) Close() error { return nil }

// Tiny is a tiny model whose steps take so long.
func Tiny(pause time.Duration) (Model, error) {
	m, err := engine.New(engine.Parts{Name: "tiny",
		Scheduler: []byte(`{"_class_name":"EulerAncestralDiscreteScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`),
		Denoiser:  engine.Part{Graph: net{pause}, Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4}`)}})
	return Model{m}, err
}
