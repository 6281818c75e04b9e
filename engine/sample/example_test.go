package sample_test

import (
	"fmt"

	"nirvana/engine/random"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// A model whose picture is known is sampled from noise: the network's answer, epsilon, is whatever of x_t is not the picture.
func Example() {
	model, err := schedule.ParseConfig([]byte(`{"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}`))
	if err != nil {
		panic(err)
	}
	cfg, err := sample.Named("DPM++ 2M", "Karras", model)
	if err != nil {
		panic(err)
	}
	s, err := sample.New(cfg, sample.Options{Steps: 10, Shape: []int{1, 1, 2, 2}})
	if err != nil {
		panic(err)
	}

	picture, rng := []float32{0.5, -0.5, 0.25, 0}, random.NewTorch(1)
	x := make([]float32, 4)
	rng.Normal(x)
	for i := range x {
		x[i] *= s.InitSigma()
	}
	st := sample.Start(s, x, 0)
	sample.Open(s, st, rng)
	epsilon := make([]float32, 4)
	for !s.Done(st) {
		_, sigma := sample.At(s, st)
		for i := range epsilon {
			epsilon[i] = (st.X[i] - picture[i]) / sigma
		}
		if err := s.Step(st, epsilon, rng); err != nil {
			panic(err)
		}
	}
	fmt.Printf("%d evaluations, %.2f\n", st.Eval, st.X)
	// Output: 10 evaluations, [0.50 -0.50 0.25 0.00]
}
