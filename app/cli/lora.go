package cli

import (
	"context"
	"iter"
	"slices"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// PromptLoRA is a LoRA in a prompt, <lora:name:weight>, with its weights in the text encoders and in the network.
type PromptLoRA struct {
	File      string
	Text, Net float32
	Rank      int    // see token.Lora
	Blocks    string // block weights
	Unknown   string // settings that mean nothing here
}

// Generate is the model's Generate with the prompts' LoRAs merged in.
func (o *Opened) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
	if err := o.adapt(r); err != nil {
		return func(yield func(engine.Step, error) bool) { yield(engine.Step{}, err) }
	}
	r.Adapt = o.adapter(r)
	if o.Ahead != nil {
		return o.Ahead.Generate(ctx, r)
	}
	return o.Model.Generate(ctx, r)
}

// XRay is the model's XRay with the prompts' LoRAs merged in.
func (o *Opened) XRay(ctx context.Context, r engine.Request, steps []engine.Step, words bool) (engine.XRay, error) {
	if err := o.adapt(r); err != nil {
		return engine.XRay{}, err
	}
	r.Adapt = o.adapter(r)
	return o.Model.XRay(ctx, r, steps, words)
}

// adapter merges the LoRAs of a prompt that a change brings in place of the request's.
func (o *Opened) adapter(r engine.Request) func(prompt string) error {
	return func(prompt string) error {
		r.Prompt, r.Prompts = prompt, nil
		return o.adapt(r)
	}
}

func (o *Opened) adapt(r engine.Request) error {
	if o.Adapt == nil {
		return nil
	}
	wanted, err := o.wanted(r)
	if err != nil || slices.Equal(wanted, o.adapted) {
		return err
	}
	if err := o.Adapt(wanted); err != nil {
		return err
	}
	o.adapted = wanted
	o.Forget()
	return nil
}

// wanted are the LoRAs in the prompts, once each, after wildcards were drawn.
func (o *Opened) wanted(r engine.Request) ([]PromptLoRA, error) {
	if !r.Syntax {
		return nil, nil
	}
	drawn := engine.Drawn(r)
	if err := o.readable(drawn); err != nil {
		return nil, err
	}
	var out []PromptLoRA
	for _, prompt := range append([]string{drawn.Prompt}, drawn.Prompts...) {
		loras, _ := engine.LoRAsIn(prompt) // readable reports the error
		for _, l := range loras {
			file, err := o.LoRA(l.Name)
			if err != nil {
				return nil, err
			}
			if p := (PromptLoRA{file, l.Text, l.Net, l.Rank, l.Blocks, l.Unknown}); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// readable returns an error for prompts that cannot be parsed or name a missing embedding.
func (o *Opened) readable(r engine.Request) error {
	for _, prompt := range slices.Concat([]string{r.Prompt, r.Negative}, r.Prompts, r.Negatives) {
		if _, err := engine.LoRAsIn(prompt); err != nil {
			return fault.Prompt.Mark(err)
		}
		if o.Model == nil {
			continue
		}
		if names := o.Model.UnknownEmbeddings(prompt); len(names) > 0 {
			return fault.NoWord.Errorf("the prompt names the embedding %q, and there is no %s.safetensors among the embeddings that fit the model: put it into a folder embeddings, or take embedding:%s out of the prompt",
				names[0], names[0], names[0])
		}
	}
	return nil
}
