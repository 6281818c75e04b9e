package engine

import (
	"context"
	"math"
)

// fakeGraph is a network made of a Go function.
type fakeGraph struct {
	in, out []Port
	run     func(ctx context.Context, in map[string]Tensor) ([]Tensor, error)
	calls   int
}

func (g *fakeGraph) Ports() ([]Port, []Port) { return g.in, g.out }

func (g *fakeGraph) Run(ctx context.Context, in map[string]Tensor) ([]Tensor, error) {
	g.calls++
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return g.run(ctx, in)
}

// fakeNet predicts epsilon as a smooth function of x, the timestep and the class.
func fakeNet() *fakeGraph {
	return &fakeGraph{
		in:  []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}, {Name: "timestep", Type: "int64", Shape: nil}, {Name: "class_labels", Type: "int64", Shape: []int{-1}}},
		out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}},
		run: func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			x, t := in["sample"], in["timestep"].Data[0]
			out := x.Clone()
			for i := range out.Data {
				c := in["class_labels"].Data[i*x.Shape[0]/len(out.Data)]
				at := i % (len(out.Data) / x.Shape[0]) // within its picture
				out.Data[i] = 0.7*x.Data[i] + 0.2*float32(math.Sin(float64(t)/100+float64(at%7)+float64(c)))
			}
			return []Tensor{out}, nil
		},
	}
}

const fakeScheduler = `{"_class_name":"DDPMScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000,"clip_sample":true}`

// fakePixelModel is a class-conditional pixel-space model of 8x8 px with three classes and a null class.
func fakePixelModel(g *fakeGraph) (*Model, error) {
	return New(Parts{Name: "fake", Scheduler: []byte(fakeScheduler),
		Denoiser: Part{Graph: g, Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`)}})
}
