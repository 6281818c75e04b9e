package command

import (
	"context"
	"math"

	"nirvana/engine"
	"nirvana/engine/token"
)

// naive is the obvious loop over a model's graphs: what one would write in an
// afternoon. The benchmark holds the engine against it. DDIM with trailing
// timesteps, guidance by two calls, v-prediction on the cosine schedule: the
// default model's own settings.
type naive struct {
	parts engine.Parts
	side  int // of the latent
}

// states encodes one text.
func (n naive) states(ctx context.Context, text string) (engine.Tensor, error) {
	t, err := token.Open(n.parts.Text[0].Tokenizer)
	if err != nil {
		return engine.Tensor{}, err
	}
	ids := t.Padded(text, t.Max)
	in := engine.Zeros(1, len(ids))
	for i, id := range ids {
		in.Data[i] = float32(id)
	}
	out, err := n.parts.Text[0].Graph.Run(ctx, map[string]engine.Tensor{"input_ids": in})
	if err != nil {
		return engine.Tensor{}, err
	}
	return out[0], nil
}

// picture runs the loop from the noise given and decodes; first is told when x moved for the first time.
func (n naive) picture(ctx context.Context, prompt string, noise []float32, steps int, guidance float32, first func()) (x, y engine.Tensor, err error) {
	cond, err := n.states(ctx, prompt)
	if err != nil {
		return x, y, err
	}
	none, err := n.states(ctx, "")
	if err != nil {
		return x, y, err
	}
	x = engine.Tensor{Shape: []int{1, 4, n.side, n.side}, Data: append([]float32(nil), noise...)}
	for i := 0; i < steps; i++ {
		t := int(math.Round(1000*(1-float64(i)/float64(steps)))) - 1
		next := int(math.Round(1000*(1-float64(i+1)/float64(steps)))) - 1
		ask := func(states engine.Tensor) (engine.Tensor, error) {
			out, err := n.parts.Denoiser.Graph.Run(ctx, map[string]engine.Tensor{"sample": x, "timestep": {Shape: []int{1}, Data: []float32{float32(t)}}, "encoder_hidden_states": states})
			if err != nil {
				return engine.Tensor{}, err
			}
			return out[0], nil
		}
		u, err := ask(none)
		if err != nil {
			return x, y, err
		}
		v, err := ask(cond)
		if err != nil {
			return x, y, err
		}
		a, b := cosine(t), cosine(next)
		for k := range x.Data {
			vk := u.Data[k] + guidance*(v.Data[k]-u.Data[k])
			x0 := sqrt(a)*x.Data[k] - sqrt(1-a)*vk
			eps := sqrt(1-a)*x.Data[k] + sqrt(a)*vk
			x.Data[k] = sqrt(b)*x0 + sqrt(1-b)*eps
		}
		if i == 0 {
			first()
		}
	}
	out, err := n.parts.Decoder.Graph.Run(ctx, map[string]engine.Tensor{"latent_sample": x})
	if err != nil {
		return x, y, err
	}
	return x, out[0], nil
}

// cosine is alphas_cumprod of the cosine schedule at t; 1 before the first.
func cosine(t int) float32 {
	f := func(s float64) float64 { c := math.Cos((s + 0.008) / 1.008 * math.Pi / 2); return c * c }
	a := float32(1)
	for i := 0; i <= t; i++ {
		a *= 1 - float32(math.Min(1-f(float64(i+1)/1000)/f(float64(i)/1000), 0.999))
	}
	return a
}

func sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }
