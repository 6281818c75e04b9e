package workertest

import (
	"context"
	"time"

	"nirvana/engine"
)

// red is a verifier that likes red.
type red struct{}

func (red) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "pixel_values", Type: "float32", Shape: []int{-1, 3, 8, 8}}}, []engine.Port{{Name: "logits_per_image", Type: "float32", Shape: []int{-1, 1}}}
}

func (red) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	x := in["pixel_values"]
	out := engine.Zeros(x.Shape[0], 1)
	for i := range out.Data {
		for _, v := range x.Row(i).Data[:64] {
			out.Data[i] += v
		}
	}
	return []engine.Tensor{out}, ctx.Err()
}

// Searching is a tiny model with a verifier.
func Searching(pause time.Duration) (Model, error) {
	m, err := engine.New(engine.Parts{Name: "tiny",
		Scheduler: []byte(`{"_class_name":"DDIMScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`),
		Verifier:  &engine.VerifierPart{Part: engine.Part{Graph: red{}, Name: "verifier"}},
		Denoiser:  engine.Part{Graph: net{pause}, Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4}`)}})
	return Model{m}, err
}
