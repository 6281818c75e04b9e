// Package engine turns a Request into a picture: text states, noise from the
// seed, the denoising loop, the decoder. It knows networks only as Graphs and
// files not at all, so that everything here runs and is tested without a GPU,
// a window or a model folder.
//
// Start with Generate in generate.go: it is the loop itself,
//
//	prepare: text -> states, seed -> x_T
//	for each evaluation: denoise (with and without the prompt) -> guidance -> sampler
//	decode x_0
//
// and follow it into condition.go (what the network is told), denoise.go (how it
// is asked) and latent.go (pictures and latents). Samplers, noise schedules,
// random numbers, tokenizers and pixels have packages of their own below.
package engine

import (
	"context"
	"fmt"
	"image"
	"sync"

	"nirvana/engine/fault"
	"nirvana/engine/schedule"
	"nirvana/engine/text"
	"nirvana/engine/token"
	"nirvana/engine/vae"
)

// Model is a model folder made ready to generate. Generate may be called from
// one goroutine at a time; the rest is safe at any time.
type Model struct {
	facts     Facts
	scheduler schedule.Config
	config    config
	net       denoiser
	text      *text.Encoders
	vae       *vae.VAE
	control   []Part
	oneCall   bool

	verifier *verifier // nil: none

	draft   *DraftPart
	fewLock sync.Mutex
	few     *Model // draft's, made on first use
}

// New wires a folder's parts together. It fails when they do not make a
// pipeline that the engine knows, and says which part and why.
func New(p Parts) (*Model, error) {
	c, v, err := readConfig(p)
	if err != nil {
		return nil, err
	}
	sched, err := schedule.ParseConfig(p.Scheduler)
	if err != nil {
		return nil, fault.Incomplete.Errorf("scheduler/scheduler_config.json of %s: %w", p.Name, err)
	}
	m := &Model{scheduler: sched, config: c, vae: v, control: p.Control, oneCall: p.OneCall, draft: p.Draft}
	if m.net, err = newDenoiser(p.Denoiser); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, named(err, p.Index))
	}
	m.oneCall = m.oneCall || m.net.batch == 2 // which costs the same as one row
	if err := m.channelsFit(); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, named(err, p.Index))
	}
	if m.text, err = text.Open(p.Text); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	m.text.FinalNorm = m.net.kind == kindPlain
	if name := m.lacksText(); name != "" && m.text.Len() > 0 {
		return nil, fault.Incomplete.Errorf("%s: %s takes what %s gives, and the folder has none: it is incomplete, fetch it again", p.Name, p.Denoiser.Name, name)
	}
	if m.net.needsText() && m.text.Len() == 0 {
		return nil, fault.Incomplete.Errorf("%s: %s takes text states, but the folder has no text_encoder: it is incomplete, fetch it again", p.Name, p.Denoiser.Name)
	}
	if p.Verifier != nil {
		if m.verifier, err = newVerifier(*p.Verifier, m.text.Len()); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	m.facts = m.gather(p)
	if p.Previews != nil {
		v.KeepProjection(p.Previews)
	}
	return m, nil
}

// lacksText names the first text encoder that the denoiser's kind wants and the folder does not have; "" for none.
func (m *Model) lacksText() string {
	wanted := map[int][]string{kindXL: {"text_encoder_2"}, kindSD3: {"text_encoder", "text_encoder_2"}, kindFlux: {"text_encoder", "text_encoder_2"}}
	return m.text.Lacks(wanted[m.net.kind])
}

// channelsFit says whether what stands beside x_t is known: nothing, a depth map, a picture, or a mask and a picture.
func (m *Model) channelsFit() error {
	in, c := m.net.inChannels, m.vae.Channels
	if in == 0 || m.config.packed || in == c || !m.vae.Pixel() && (in == c+1 || in == 2*c || in == 2*c+1) {
		return nil
	}
	return unsupported("%s takes %d channels where x_t has %d, and what the others are is not known (upscalers and relatives)", m.net.Name, in, c)
}

// Previews are the fitted factors, for Parts.Previews of the next opening; nil before the first fit.
func (m *Model) Previews() []float32 { return m.vae.Fitted() }

// Warm does what the first run would have to wait for: the preview's fit.
func (m *Model) Warm(ctx context.Context) error {
	_, err := m.vae.Projection(ctx)
	return err
}

// Decode makes pictures of latents [batch, channel, height, width].
func (m *Model) Decode(ctx context.Context, z Tensor) ([]*image.RGBA, error) {
	return m.vae.Decode(ctx, z, nil)
}

// DecodeStep makes the picture that a step predicts, the first of its batch. With a side, px, a larger one is decoded
// coarsely, at twice that or a little more, which is quick at any size.
func (m *Model) DecodeStep(ctx context.Context, s Step, side int) (*image.RGBA, error) {
	z := s.X0
	if s.view != nil {
		z = s.view.unpack(z)
	}
	z = z.Row(0)
	if side > 0 {
		return m.vae.DecodeCoarsely(ctx, z, side)
	}
	pictures, err := m.vae.Decode(ctx, z, nil)
	if err != nil {
		return nil, err
	}
	return pictures[0], nil
}

// Forget drops the text states that are kept between runs: the text encoders have changed.
func (m *Model) Forget() { m.text.Forget() }

// UnknownEmbeddings are the embeddings that a prompt calls as embedding:name and that the model was not opened with.
func (m *Model) UnknownEmbeddings(prompt string) []string { return m.text.UnknownEmbeddings(prompt) }

// Facts is what the model tells of itself.
func (m *Model) Facts() Facts { return m.facts }

// Tokens counts a prompt's tokens as the first text encoder sees them, without start and end.
func (m *Model) Tokens(prompt string) int {
	most := 0
	for _, part := range token.Parse(prompt).At(0, 1) { // what the encoder reads: no weights, no LoRAs
		most = max(most, len(m.text.Encode(text.Plain(part.Text))))
	}
	return most
}
