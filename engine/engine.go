// Package engine turns a Request into a picture: text encoders, noise from the seed, the denoising loop, the decoder.
// It knows networks only as Graphs and no files at all, so that everything here is tested without a GPU, a window or
// a model folder.
//
// Start with Generate in generate.go, which is the loop itself,
//
//	prepare: text -> states, seed -> x_T
//	for each evaluation: predictNoise (conditional and unconditional, guided) -> sampler -> inpainting
//	decode x_0
//
// and follow it into conditioning.go (what the denoiser is conditioned on), predict.go (how it is called) and
// start.go (where a run begins). What differs between families of models is in engine/family, pictures and latents in
// engine/vae, prompts in engine/text. Samplers, noise schedules, random numbers, tokenizers and pixels have packages
// of their own.
package engine

import (
	"context"
	"fmt"
	"image"
	"sync"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/schedule"
	"nirvana/engine/text"
	"nirvana/engine/token"
	"nirvana/engine/vae"
)

// Model is a model folder that is ready to generate. It is safe for concurrent use as far as its graphs are; runs with
// DeepCache, which keeps outputs of the network's inner layers, are one at a time.
type Model struct {
	facts     Facts
	scheduler schedule.Config
	family    family.Family
	traits    family.Traits // the family's
	config    family.Config
	net       *family.Network
	text      *text.Encoders
	vae       *vae.VAE
	control   []Part
	oneCall   bool
	pull      func(context.Context, Generator, Request) Puller
	join      func(Graph) (Graph, func(context.Context, Generator, Request) Puller)

	verifier *verifier // nil: none

	draft     *DraftPart // nil: none
	draftLock sync.Mutex
	drafter   *Model // runs drafts; made by the first
}

// New builds a model of a folder's parts. It fails where they are not a pipeline that the engine knows, with the part
// and the reason.
func New(p Parts) (*Model, error) {
	v, err := vae.New(p.Name, p.Encoder, p.Decoder)
	if err != nil {
		return nil, err
	}
	m := &Model{vae: v, control: p.Control, oneCall: p.OneCall, draft: p.Draft, pull: p.Pull, join: p.Join}
	if m.pull == nil {
		m.pull = pullInTurn
	}
	if m.config, err = family.Read(p.Name, p.Index, p.Scheduler, p.Denoiser, v); err != nil {
		return nil, err
	}
	if m.scheduler, err = schedule.ParseConfig(p.Scheduler); err != nil {
		return nil, fault.Incomplete.Errorf("scheduler/scheduler_config.json of %s: %w", p.Name, err)
	}
	if m.net, err = family.Open(p.Denoiser); err == nil {
		m.family, err = family.Of(m.net, m.config, v, len(p.Control) > 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, family.Named(err, p.Index))
	}
	m.traits = m.family.Traits()
	m.oneCall = m.oneCall || m.net.Batch == 2 // a batch of two costs the same as one row
	if m.text, err = text.Open(p.Text); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	m.text.FinalNorm = m.traits.FinalNorm
	if name := m.text.Lacks(m.traits.Encoders); name != "" && m.text.Len() > 0 {
		return nil, fault.Incomplete.Errorf("%s: %s takes what %s gives, and the folder has none: it is incomplete, fetch it again", p.Name, p.Denoiser.Name, name)
	}
	if m.net.NeedsText() && m.text.Len() == 0 {
		return nil, fault.Incomplete.Errorf("%s: %s takes text states, but the folder has no text_encoder: it is incomplete, fetch it again", p.Name, p.Denoiser.Name)
	}
	if p.Verifier != nil {
		if m.verifier, err = newVerifier(*p.Verifier, m.text); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	m.facts = m.deriveFacts(p)
	if p.Previews != nil {
		v.KeepProjection(p.Previews)
	}
	return m, nil
}

// Previews returns the fitted latent-to-RGB factors, for Parts.Previews when the model is opened again; nil before
// the first fit.
func (m *Model) Previews() []float32 { return m.vae.Fitted() }

// Warm fits the latent-to-RGB factors, which the first run would otherwise wait for.
func (m *Model) Warm(ctx context.Context) error {
	_, err := m.vae.Projection(ctx)
	return err
}

// Decode decodes scaled latents [batch, channel, height, width].
func (m *Model) Decode(ctx context.Context, z Tensor) ([]*image.RGBA, error) {
	return m.vae.Decode(ctx, z, nil)
}

// DecodeStep decodes the predicted x_0 of a step, the first of its batch. With a side in px, larger pictures are
// decoded coarsely, at about twice that side, which is fast at any size; 0: in full. report gets the share that is done
// after every tile; nil: nobody does.
func (m *Model) DecodeStep(ctx context.Context, s Step, side int, report func(share float64)) (*image.RGBA, error) {
	z, v := s.X0, vae.Around{VAE: m.vae}
	if s.view != nil {
		z, v = s.view.Unpack(z), s.view.tiling.around(m.vae)
	}
	z = z.Row(0)
	if side > 0 {
		return v.DecodeCoarsely(ctx, z, side, report)
	}
	decode := v.Decode
	if s.view != nil && s.view.cutOut {
		decode = v.DecodeCutOut
	}
	pictures, err := decode(ctx, z, report)
	if err != nil {
		return nil, err
	}
	return pictures[0], nil
}

// Forget drops the text states cached between runs; call it when the text encoders have changed.
func (m *Model) Forget() { m.text.Forget() }

// UnknownEmbeddings are the embeddings that a prompt names as embedding:name and the model was opened without.
func (m *Model) UnknownEmbeddings(prompt string) []string { return m.text.UnknownEmbeddings(prompt) }

// Facts describes the model.
func (m *Model) Facts() Facts { return m.facts }

// Tokens counts a prompt's tokens for the first text encoder, without start and end tokens.
func (m *Model) Tokens(prompt string) int {
	most := 0
	for _, part := range token.Parse(prompt).At(0, 1) { // what the encoder reads: no weights, no LoRAs
		most = max(most, len(m.text.Encode(text.Plain(part.Text))))
	}
	return most
}
