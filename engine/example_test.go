package engine_test

import (
	"context"
	"fmt"

	"nirvana/engine"
)

// calm is a network that predicts no noise at all: any network is a Graph.
type calm struct{}

func (calm) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, 8, 8}}, {Name: "timestep", Type: "int64"}},
		[]engine.Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, 8, 8}}}
}

func (calm) Run(_ context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	return []engine.Tensor{engine.Zeros(in["sample"].Shape...)}, nil
}

// A model is a folder's parts put together; Generate is the loop from noise to picture, a Step after every evaluation.
func ExampleModel_Generate() {
	m, err := engine.New(engine.Parts{
		Name:      "calm",
		Scheduler: []byte(`{"_class_name": "DDIMScheduler", "beta_schedule": "linear", "num_train_timesteps": 1000}`),
		Denoiser:  engine.Part{Graph: calm{}, Name: "unet", Config: []byte(`{"sample_size": 8}`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for step, err := range m.Generate(context.Background(), engine.Request{Seed: 7, Steps: 3}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(step.Index, "of", step.Of, "at timestep", step.Timestep)
		if step.Pictures != nil {
			fmt.Println("a picture of", step.Pictures[0].Bounds().Size())
		}
	}
	// Output:
	// 0 of 3 at timestep 666
	// 1 of 3 at timestep 333
	// 2 of 3 at timestep 0
	// 3 of 3 at timestep 0
	// a picture of (8,8)
}
