package command

import (
	"context"
	"iter"
	"slices"

	"nirvana/engine"
)

// PromptLoRA is a LoRA that a prompt asks for by <lora:name:weight>, with its
// weights in the text encoders and in the network.
type PromptLoRA struct {
	File      string
	Text, Net float32
}

// Generate is the model's, with the LoRAs that the prompts ask for merged in.
func (o *Opened) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
	if err := o.adapt(r); err != nil {
		return func(yield func(engine.Step, error) bool) { yield(engine.Step{}, err) }
	}
	return o.Model.Generate(ctx, r)
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

// wanted are the files that the prompts ask for, once each.
func (o *Opened) wanted(r engine.Request) ([]PromptLoRA, error) {
	if !r.Syntax {
		return nil, nil
	}
	var out []PromptLoRA
	for _, prompt := range append([]string{r.Prompt}, r.Prompts...) {
		for _, l := range engine.LoRAsIn(prompt) {
			file, err := o.LoRA(l.Name)
			if err != nil {
				return nil, err
			}
			if p := (PromptLoRA{file, l.Text, l.Net}); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}
